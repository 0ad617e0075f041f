/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a workflow's input, in words for whoever gave it. fields
 * says what it may hold: "source! target! keep# level. name" are a text that must be
 * given, a whole number, a number, and a text.
 */
#ifndef WORKFLOWS_INPUT_H
#define WORKFLOWS_INPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The next field at *at: its name, and the sign after it (' ' for none). */
static inline bool input_field(const char **at, char name[64], char *sign)
{
	size_t n;

	*at += strspn(*at, " ");
	n = strcspn(*at, " !#.");
	if (!n || n >= 64)
		return false;
	memcpy(name, *at, n);
	name[n] = '\0';
	*at += n;
	*sign = **at ? *(*at)++ : ' ';
	return true;
}

static inline bool input_is_field(const char *fields, const char *key)
{
	char name[64], sign;

	while (input_field(&fields, name, &sign))
		if (!strcmp(name, key))
			return true;
	return false;
}

static inline const char *input_wanted(const json_t *value, char sign)
{
	if (sign == '#')
		return json_is_integer(value) ? NULL : "a whole number";
	if (sign == '.')
		return json_is_number(value) ? NULL : "a number";
	return json_is_string(value) ? NULL : "a text; quote it twice where it looks like JSON";
}

/* NULL when nothing is wrong; else the words, in out. */
static inline const char *input_problem(const json_t *in, const char *fields, char *out,
					size_t size)
{
	const char *at = fields, *wanted, *key;
	char name[64], sign;
	json_t *value;

	while (input_field(&at, name, &sign)) {
		value = json_object_get(in, name);
		wanted = value ? input_wanted(value, sign) : NULL;
		if (wanted)
			snprintf(out, size, "%s must be %s", name, wanted);
		else if (!value && sign == '!')
			snprintf(out, size, "%s is missing", name);
		else
			continue;
		return out;
	}
	json_object_foreach ((json_t *)in, key, value)
		if (!input_is_field(fields, key)) {
			snprintf(out, size, "there is no input '%.60s'", key);
			return out;
		}
	return NULL;
}

#endif
