/* SPDX-License-Identifier: MIT */
#include "runner_secrets.h"

#include "../base/mask.h"
#include "../model/secret.h"
#include "driver_internal.h"
#include "runner.h"
#include "secrets.h"

static const json_t *names_of(const struct runner *r)
{
	return json_object_get(r->run.info.options, "secrets");
}

static int look_up_config(struct driver *d, json_t *values, struct err *err)
{
	int rc = 0;

	for (char **name = d->config.secrets; rc == 0 && *name; name++)
		rc = secrets_look_up(d->secrets, *name, false, values, err);
	return rc;
}

int driver_secrets(struct driver *d, struct err *err)
{
	int rc = look_up_config(d, NULL, err);

	if (rc == 0 && *d->config.secrets)
		pool_seclude(d->pool);
	return rc;
}

int runner_secrets_open(struct runner *r, struct err *err)
{
	const json_t *names = names_of(r), *name;
	size_t i;
	int rc = 0;

	json_array_foreach (names, i, name) {
		struct err why = ERR_INIT;

		if (json_is_string(name) &&
		    secrets_look_up(r->driver->secrets, json_string_value(name), false, NULL,
				    &why) == -ERR_NOMEM)
			rc = err_nomem(err);
	}
	if (json_array_size(names))
		pool_seclude(r->driver->pool);
	return rc;
}

int runner_secrets(struct runner *r, json_t **ret, struct err *err)
{
	const json_t *names = names_of(r), *name;
	json_t *values = NULL;
	size_t i;
	int rc;

	if (!json_array_size(names) && !*r->driver->config.secrets) {
		*ret = NULL;
		return 0;
	}
	values = json_object();
	rc = values ? look_up_config(r->driver, values, err) : err_nomem(err);
	json_array_foreach (names, i, name)
		if (rc == 0 && json_is_string(name))
			rc = secrets_look_up(r->driver->secrets, json_string_value(name), true,
					     values, err);
	if (rc == 0 && json_object_size(values)) {
		*ret = values;
		return 0;
	}
	json_decref(values);
	if (rc == 0)
		*ret = NULL;
	return rc;
}

int runner_mask(struct runner *r, json_t **value, struct err *err)
{
	const struct mask *mask = secrets_mask(r->driver->secrets);
	json_t *masked;

	if (!mask->count || !*value)
		return 0;
	masked = secret_mask(mask, *value);
	if (!masked)
		return err_nomem(err);
	json_decref(*value);
	*value = masked;
	return 0;
}
