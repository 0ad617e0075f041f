/* SPDX-License-Identifier: MIT */
#include "payload.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/model/message.h"
#include "input.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* No JSON begins like that. */
static bool is_pair(const char *text)
{
	const char *c = text;

	if (!isalpha((unsigned char)*c) && *c != '_')
		return false;
	while (isalnum((unsigned char)*c) || strchr("_.-", *c)) {
		if (!*c)
			return false;
		c++;
	}
	return *c == '=';
}

int payload_make(char *const *args, size_t n, json_t **ret, struct err *err)
{
	bool text = n && !is_pair(args[0]);

	if (!n) {
		*ret = json_null();
		return 0;
	}
	return input_make(text ? args[0] : NULL, args + text, n - text, ret, err);
}

int payload_check_name(const char *what, const char *name, struct err *err)
{
	const char *problem = message_name_problem(name);
	char *quoted;

	if (!problem)
		return 0;
	quoted = str_quote(name, strlen(name));
	err_set(err, ERR_USAGE, "%s cannot be the name of a %s: it %s", quoted ? quoted : "this",
		what, problem);
	free(quoted);
	return -err->code;
}
