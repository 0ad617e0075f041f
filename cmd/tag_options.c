/* SPDX-License-Identifier: MIT */
#include "tag_options.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/model/told.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

struct kind {
	const char *option, *member;
	const char *(*problem_of)(const json_t *value);
};

static int refuse(const struct kind *kind, const char *word, const char *what, const char *problem,
		  struct err *err)
{
	char *quoted = str_quote(word, strlen(word));

	err_set(err, ERR_USAGE, "--%s %s: %s %s", kind->option, quoted ? quoted : "NAME=VALUE",
		what, problem);
	free(quoted);
	return -err->code;
}

static int add(const struct kind *kind, const char *word, json_t *object, struct err *err)
{
	const char *equals = strchr(word, '='), *problem;
	char *name = equals ? strndup(word, (size_t)(equals - word)) : NULL;
	json_t *value;
	int rc = 0;

	if (!equals || !str_utf8(word, strlen(word)))
		return free(name), refuse(kind, word, "this",
					  equals ? "is not UTF-8" : "is not NAME=VALUE", err);
	value = json_loads(equals + 1, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	if (!value)
		value = json_string(equals + 1);
	if (!name || !value)
		rc = err_nomem(err);
	else if ((problem = told_name_problem(name)))
		rc = refuse(kind, word, "the name", problem, err);
	else if (json_is_null(value))
		rc = refuse(kind, word, "the value", "is null, which is no value", err);
	else if ((problem = kind->problem_of(value)))
		rc = refuse(kind, word, "the value", problem, err);
	else if (json_object_get(object, name))
		rc = refuse(kind, word, "the name", "is given twice", err);
	else if (json_object_set(object, name, value) < 0)
		rc = err_nomem(err);
	json_decref(value);
	free(name);
	return rc;
}

static int put(const struct kind *kind, const struct words *words, json_t *options, struct err *err)
{
	json_t *object = words->n ? json_object() : NULL;
	int rc = 0;

	if (!words->n)
		return 0;
	if (!object || json_object_set_new(options, kind->member, object) < 0)
		return err_nomem(err);
	for (size_t i = 0; rc == 0 && i < words->n; i++)
		rc = add(kind, words->v[i], object, err);
	return rc;
}

int tag_options(const struct words *tags, const struct words *memos, json_t *options,
		struct err *err)
{
	static const struct kind tag = {"tag", "tags", told_tag_problem},
				 memo = {"memo", "memo", told_memo_problem};
	int rc = put(&tag, tags, options, err);

	return rc < 0 ? rc : put(&memo, memos, options, err);
}
