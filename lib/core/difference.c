/* SPDX-License-Identifier: MIT */
#include "difference.h"

#include "../base/buf.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define DAYS_10000_MS ((int64_t)10000 * 24 * 3600 * 1000)
#define RANDOM_TEXT 16

static json_t *mutable_json(const json_t *json)
{
	return (json_t *)(uintptr_t)json;
}

/* Whether both hold the same values, in another order. */
static bool is_reordered(const json_t *a, const json_t *b)
{
	const json_t *x, *y;
	size_t i, j;

	if (json_array_size(a) != json_array_size(b) || json_array_size(a) > 1000)
		return false;
	json_array_foreach (a, i, x) {
		bool found = false;
		json_array_foreach (b, j, y)
			if (json_equal(x, y)) {
				found = true;
				break;
			}
		if (!found)
			return false;
	}
	return json_array_size(a) > 1;
}

static struct difference in_array(const json_t *a, const json_t *b, struct buf *path)
{
	size_t i = 0;

	while (i < json_array_size(a) && json_equal(json_array_get(a, i), json_array_get(b, i)))
		i++;
	buf_addf(path, "[%zu]", i);
	return difference_find(json_array_get(a, i), json_array_get(b, i), path);
}

static struct difference in_object(const json_t *a, const json_t *b, struct buf *path)
{
	const json_t *value;
	const char *key;

	json_object_foreach (mutable_json(a), key, value) {
		if (!json_equal(value, json_object_get(b, key))) {
			buf_addf(path, ".%s", key);
			return difference_find(value, json_object_get(b, key), path);
		}
	}
	json_object_foreach (mutable_json(b), key, value) {
		if (!json_object_get(a, key)) {
			buf_addf(path, ".%s", key);
			return (struct difference){NULL, value};
		}
	}
	return (struct difference){a, b};
}

struct difference difference_find(const json_t *a, const json_t *b, struct buf *path)
{
	if (json_is_object(a) && json_is_object(b))
		return in_object(a, b, path);
	if (json_is_array(a) && json_is_array(b) && !is_reordered(a, b))
		return in_array(a, b, path);
	return (struct difference){a, b};
}

/* Seconds, milliseconds, microseconds or nanoseconds since 1970, within decades of now. */
static bool is_time(const json_t *value, int64_t now)
{
	double n = json_number_value(value);

	for (double unit = 1e-3; unit <= 1e6; unit *= 1e3)
		if (n > (double)(now - DAYS_10000_MS) * unit &&
		    n < (double)(now + DAYS_10000_MS) * unit)
			return now > DAYS_10000_MS;
	return false;
}

/* 2026-11-22T... */
static bool is_date(const json_t *value)
{
	const char *s = json_string_value(value);

	for (int i = 0; i < 10; i++)
		if (!s || (i == 4 || i == 7 ? s[i] != '-' : !isdigit((unsigned char)s[i])))
			return false;
	return true;
}

/* Long, of hexadecimal digits and dashes alone: an UUID, a digest, a token. */
static bool is_random(const json_t *value)
{
	const char *s = json_string_value(value);

	return s && strlen(s) >= RANDOM_TEXT && s[strspn(s, "0123456789abcdefABCDEF-")] == '\0';
}

const char *difference_cause(const struct difference *d, int64_t now)
{
	if ((is_time(d->expected, now) && is_time(d->actual, now)) ||
	    (is_date(d->expected) && is_date(d->actual)))
		return "it looks like a time that was not asked of wf_now() or the interposed libc "
		       "functions, or the code that makes the input has changed";
	if (is_random(d->expected) && is_random(d->actual))
		return "it looks like chance that was not asked of wf_random() or wf_uuid(), or the code "
		       "that makes the input has changed";
	if (is_reordered(d->expected, d->actual))
		return "the order differs: of a folder's entries, a hash table, threads, or in changed code";
	if (!d->expected || !d->actual)
		return "the code that makes the input has changed: a member was added or removed";
	return "the input depends on something that is not in the history (time, chance, environment, "
	       "a file, a global variable), or the code that makes it has changed";
}
