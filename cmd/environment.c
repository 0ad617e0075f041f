/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const always[] = {"PATH", "HOME", "LANG", "TZ", "USER", "SHELL", "TMPDIR"};

static int keep(json_t *object, const char *name, size_t n, const char *value, struct err *err)
{
	char *copy = strndup(name, n);
	int r = copy ? json_object_set_new(object, copy, json_string(value)) : -1;

	free(copy);
	return r < 0 ? err_nomem(err) : 0;
}

/* What is no text cannot be kept; of the variables that nobody asked for it is left out. */
static int keep_always(json_t *object, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof always / sizeof *always; i++) {
		const char *value = getenv(always[i]);

		if (value && str_utf8(value, strlen(value)))
			r = keep(object, always[i], strlen(always[i]), value, err);
	}
	for (char **e = environ; r == 0 && e && *e; e++) {
		const char *equals = strchr(*e, '=');

		if (equals && str_starts(*e, "LC_") && str_utf8(*e, strlen(*e)))
			r = keep(object, *e, (size_t)(equals - *e), equals + 1, err);
	}
	return r;
}

static int keep_named(json_t *object, const char *word, struct err *err)
{
	const char *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const char *value = equals ? equals + 1 : getenv(word);

	if (!n)
		return err_set(err, ERR_USAGE, "--env takes NAME or NAME=VALUE, not '%s'", word);
	if (!value)
		return err_set(err, ERR_USAGE,
			       "--env %s: there is no such variable in the environment", word);
	if (!str_utf8(word, n) || !str_utf8(value, strlen(value)))
		return err_set(err, ERR_USAGE, "--env: the variable is not UTF-8");
	return keep(object, word, n, value, err);
}

int environment_make(const struct words *named, json_t **ret, struct err *err)
{
	json_t *object = json_object();
	int r = object ? keep_always(object, err) : err_nomem(err);

	for (size_t i = 0; r == 0 && i < named->n; i++)
		r = keep_named(object, named->v[i], err);
	if (r < 0)
		json_decref(object);
	else
		*ret = object;
	return r;
}
