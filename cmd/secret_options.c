/* SPDX-License-Identifier: MIT */
#include "secret_options.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/model/secret.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

static int refer(json_t *input, const char *key, const char *name, struct err *err)
{
	if (!json_is_object(input))
		return err_set(err, ERR_USAGE,
			       "--secret %s=%s sets a member, and the input is no object", key,
			       name);
	if (json_object_get(input, key))
		return err_set(err, ERR_USAGE, "'%s' is given twice: in the input and by --secret",
			       key);
	if (json_object_set_new(input, key, json_pack("{s:s}", "$secret", name)) < 0)
		return err_nomem(err);
	return 0;
}

static int take(const char *word, json_t *input, json_t *names, struct err *err)
{
	const char *equals = strchr(word, '='), *name = equals ? equals + 1 : word;
	char *key;
	int rc;

	if (equals == word || !secret_is_name(name, strlen(name)) || !str_utf8(word, strlen(word)))
		return err_set(err, ERR_USAGE,
			       "--secret takes [KEY=]NAME, the name of an environment variable and "
			       "not its value");
	if (secret_add_name(names, name) < 0)
		return err_nomem(err);
	if (!equals)
		return 0;
	key = strndup(word, (size_t)(equals - word));
	rc = key ? refer(input, key, name, err) : err_nomem(err);
	free(key);
	return rc;
}

int secret_options(const struct words *words, json_t *input, json_t *options, struct err *err)
{
	json_t *names = json_array();
	int rc = names ? 0 : err_nomem(err);

	for (size_t i = 0; rc == 0 && i < words->n; i++)
		rc = take(words->v[i], input, names, err);
	if (rc == 0 && words->n && json_object_set(options, "secrets", names) < 0)
		rc = err_nomem(err);
	json_decref(names);
	return rc;
}

static bool is_set(const char *name)
{
	char *file = str_format("%s_FILE", name);
	bool set = getenv(name) || (file && getenv(file));

	free(file);
	return set;
}

int secret_options_set(const json_t *options, struct err *err)
{
	const json_t *name;
	size_t i;

	json_array_foreach (json_object_get(options, "secrets"), i, name) {
		const char *text = json_string_value(name);

		if (!is_set(text))
			return err_set(err, ERR_USAGE,
				       "--secret %s: there is neither %s nor %s_FILE in the "
				       "environment",
				       text, text, text);
	}
	return 0;
}
