/* SPDX-License-Identifier: MIT */
#include "secrets_guard.h"

#include "../base/error.h"
#include "../base/mask.h"
#include "../model/config.h"
#include "../model/secret.h"
#include "../store/inbox.h"
#include "../store/run.h"
#include "../store/state.h"
#include "secrets.h"

#include <stdlib.h>

/* What is not set, or could not be kept secret, is nothing that could be found; whoever drives the
 * run says so. */
static int know(struct secrets_guard *guard, const char *name, struct err *err)
{
	struct err why = ERR_INIT;

	if (secret_add_name(guard->names, name) < 0 ||
	    secrets_look_up(guard->secrets, name, false, NULL, &why) == -ERR_NOMEM)
		return err_nomem(err);
	return 0;
}

static int know_config(struct secrets_guard *guard, struct state *state, struct err *err)
{
	char *path = state_path(state, "config.yaml", NULL);
	struct config config;
	int rc = path ? config_read(&config, state->os, path, err) : err_nomem(err);

	free(path);
	if (rc < 0)
		return rc;
	for (char **name = config.secrets; rc == 0 && *name; name++)
		rc = know(guard, *name, err);
	config_release(&config);
	return rc;
}

int guard_open(struct secrets_guard *ret, struct state *state, struct err *err)
{
	int rc;

	*ret = (struct secrets_guard){.names = json_array()};
	rc = ret->names ? secrets_new(&ret->secrets, state->os, NULL, err) : err_nomem(err);
	return rc < 0 ? rc : know_config(ret, state, err);
}

int guard_know(struct secrets_guard *guard, const json_t *names, struct err *err)
{
	const json_t *name;
	size_t i;
	int rc = 0;

	json_array_foreach (names, i, name)
		if (rc == 0 && json_is_string(name))
			rc = know(guard, json_string_value(name), err);
	return rc;
}

int guard_check(const struct secrets_guard *guard, const char *what, const json_t *value,
		struct err *err)
{
	const char *label = secret_find(secrets_mask(guard->secrets), value);

	if (!label)
		return 0;
	return err_set(err, ERR_USAGE,
		       "%s holds the value of %s, which must not be written down; refer to it by "
		       "{\"$secret\":\"NAME\"}",
		       what, label);
}

void guard_release(struct secrets_guard *guard)
{
	secrets_free(guard->secrets);
	json_decref(guard->names);
}

int guarded_put(struct run *run, json_t *message, char **ret_name, struct err *err)
{
	struct secrets_guard guard;
	int rc = guard_open(&guard, run->state, err);

	if (rc == 0)
		rc = guard_know(&guard, json_object_get(run->info.options, "secrets"), err);
	if (rc == 0)
		rc = guard_check(&guard, "the message", message, err);
	guard_release(&guard);
	return rc < 0 ? rc : inbox_put(run, message, ret_name, err);
}
