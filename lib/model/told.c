/* SPDX-License-Identifier: MIT */
#include "told.h"

#include "../base/str.h"

#include <stdint.h>
#include <string.h>

#define FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)

json_t *told_new(const json_t *options)
{
	json_t *told = json_pack("{s:{}, s:{}}", "tags", "memo");

	if (told && told_apply(told, options) == 0)
		return told;
	json_decref(told);
	return NULL;
}

static int merge(json_t *into, const json_t *changes)
{
	const char *name;
	json_t *value;
	int rc = 0;

	json_object_foreach ((json_t *)(uintptr_t)changes, name, value) {
		if (json_is_null(value))
			json_object_del(into, name);
		else if (json_object_set(into, name, value) < 0)
			rc = -1;
	}
	return rc;
}

int told_apply(json_t *told, const json_t *fields)
{
	json_t *details = json_object_get(fields, "details");
	int rc = merge(json_object_get(told, "tags"), json_object_get(fields, "tags"));

	if (rc == 0)
		rc = merge(json_object_get(told, "memo"), json_object_get(fields, "memo"));
	if (rc == 0 && json_string_length(details))
		rc = json_object_set(told, "details", details);
	else if (rc == 0 && details)
		json_object_del(told, "details");
	return rc;
}

const char *told_name_problem(const char *name)
{
	size_t n = name ? strlen(name) : 0;

	if (!n)
		return "is empty";
	if (n > TOLD_NAME_MOST)
		return "is longer than 100 bytes";
	if (!str_utf8(name, n))
		return "is not UTF-8";
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return "holds a control character";
	return NULL;
}

static const char *size_problem(const json_t *value, size_t most, const char *words)
{
	size_t n = json_dumpb(value, NULL, 0, FLAGS);

	return n == 0 ? "is no JSON" : n > most ? words : NULL;
}

const char *told_tag_problem(const json_t *value)
{
	const json_t *item;
	size_t i;

	if (json_is_object(value))
		return "is an object; a tag is a text, a number, true, false or a list of texts";
	json_array_foreach (value, i, item)
		if (!json_is_string(item))
			return "is a list that holds more than texts";
	return size_problem(value, TOLD_TAG_MOST, "is larger than 2 KiB");
}

const char *told_memo_problem(const json_t *value)
{
	return size_problem(value, TOLD_MEMO_MOST, "is larger than 32 KiB");
}
