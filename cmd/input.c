/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_BYTES ((size_t)64 << 20)
#define MOST_DEPTH 500 /* run.json wraps the input, and must itself be readable */

static int too_deep(const json_t *value, int left)
{
	const char *key;
	json_t *member;
	size_t i;

	if (!left)
		return 1;
	if (json_is_array(value)) {
		json_array_foreach (value, i, member)
			if (too_deep(member, left - 1))
				return 1;
	} else if (json_is_object(value)) {
		json_object_foreach ((json_t *)value, key, member)
			if (too_deep(member, left - 1))
				return 1;
	}
	return 0;
}

static int read_all(int fd, const char *name, struct buf *ret, struct err *err)
{
	for (;;) {
		char *at = buf_reserve(ret, 65536);

		if (!at)
			return err_nomem(err);
		ssize_t n = read(fd, at, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int sys = errno;

			return err_set(err, ERR_USAGE, "cannot read the input '%s': %s", name,
				       strerror(sys));
		}
		ret->len += (size_t)n;
		if (!n)
			return 0;
		if (ret->len > MOST_BYTES)
			return err_set(
				err, ERR_USAGE,
				"the input '%s' is larger than 64 MiB; put it in a file and name that",
				name);
	}
}

static int read_file(const char *path, struct buf *ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_set(err, ERR_USAGE, "cannot open the input '%s': %s", path,
			       strerror(errno));
	int r = read_all(fd, path, ret, err);
	close(fd);
	return r;
}

/* What jansson says, with the position where that helps. */
static int not_json(const json_error_t *why, struct err *err)
{
	if (json_error_code(why) == json_error_stack_overflow)
		return err_set(err, ERR_USAGE, "the input is nested deeper than %d levels",
			       MOST_DEPTH);
	if (json_error_code(why) == json_error_null_character)
		return err_set(err, ERR_USAGE,
			       "the input holds the character \\u0000, which is not allowed "
			       "(line %d, column %d)",
			       why->line, why->column);
	return err_set(err, ERR_USAGE, "the input is not JSON: %s (line %d, column %d)", why->text,
		       why->line, why->column);
}

static int parse(const char *text, size_t n, json_t **ret, struct err *err)
{
	json_error_t why;
	json_t *value = json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);

	if (!value)
		return not_json(&why, err);
	if (too_deep(value, MOST_DEPTH)) {
		json_decref(value);
		return err_set(err, ERR_USAGE, "the input is nested deeper than %d levels",
			       MOST_DEPTH);
	}
	*ret = value;
	return 0;
}

static int base_input(const char *text, json_t **ret, struct err *err)
{
	struct buf data = BUF_INIT;
	int r = 0;

	if (!text) {
		*ret = json_object();
		return *ret ? 0 : err_nomem(err);
	}
	if (!strcmp(text, "-"))
		r = read_all(STDIN_FILENO, "-", &data, err);
	else if (text[0] == '@')
		r = read_file(text + 1, &data, err);
	else
		buf_adds(&data, text);
	if (r == 0 && !buf_ok(&data))
		r = err_nomem(err);
	if (r == 0)
		r = parse(data.data ? data.data : "", data.len, ret, err);
	buf_release(&data);
	return r;
}

static json_t *pair_value(const char *text, int *ret_deep)
{
	json_error_t why;
	json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);

	*ret_deep = value ? too_deep(value, MOST_DEPTH - 1)
			  : json_error_code(&why) == json_error_stack_overflow;
	return value ? value : json_string(text);
}

static int add_pair(json_t *object, const char *pair, char *const *earlier, size_t n,
		    struct err *err)
{
	const char *equals = strchr(pair, '=');
	size_t len = equals ? (size_t)(equals - pair) : 0;
	int deep = 0;

	if (!str_utf8(pair, strlen(pair)) || !len) {
		char *quoted = str_quote(pair, strlen(pair));

		err_set(err, ERR_USAGE,
			len ? "%s is not UTF-8"
			    : "%s is not KEY=VALUE; other input goes into --input",
			quoted ? quoted : "an argument");
		free(quoted);
		return -err->code;
	}
	for (size_t i = 0; i < n; i++)
		if (!strncmp(earlier[i], pair, len + 1))
			return err_set(err, ERR_USAGE, "'%.*s' is given twice", (int)len, pair);
	json_t *value = pair_value(equals + 1, &deep);
	if (deep) {
		json_decref(value);
		return err_set(err, ERR_USAGE, "the input is nested deeper than %d levels",
			       MOST_DEPTH);
	}
	char *key = strndup(pair, len);
	int r = key && value ? json_object_set_new(object, key, value) : -1;
	if (!key)
		json_decref(value);
	free(key);
	return r < 0 ? err_nomem(err) : 0;
}

int input_make(const char *text, char *const *pairs, size_t n, json_t **ret, struct err *err)
{
	json_t *input = NULL;
	int r = base_input(text, &input, err);

	if (r == 0 && n && !json_is_object(input))
		r = err_set(err, ERR_USAGE, "KEY=VALUE needs an input that is a JSON object");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_pair(input, pairs[i], pairs, i, err);
	if (r < 0)
		json_decref(input);
	else
		*ret = input;
	return r;
}
