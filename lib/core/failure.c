/* SPDX-License-Identifier: MIT */
#include "failure.h"

#include "../base/buf.h"
#include "../base/str.h"

#include <stdlib.h>
#include <string.h>

#define CAUSES 16

const struct wf_failure failure_wrong_place = {
	.size = sizeof(struct wf_failure),
	.type = "wrong_place",
	.message = "called from outside of a running workflow function",
	.permanent = true,
};

static const char *text_of(const json_t *json, const char *member, const char *missing)
{
	const char *text = json_string_value(json_object_get(json, member));

	return text ? text : missing;
}

static int read_failure(struct failure **list, struct failure *failure, const struct failure *known)
{
	json_t *json = failure->json, *cause = json_object_get(json, "cause");

	failure->seen = (struct wf_failure){
		.size = sizeof failure->seen,
		.type = text_of(json, "type", "unknown"),
		.message = text_of(json, "message", ""),
		.step = text_of(json, "step", NULL),
		.attempts = (int)json_integer_value(json_object_get(json, "attempts")),
		.permanent = json_is_true(json_object_get(json, "permanent")),
		.details = json_object_get(json, "details"),
	};
	if (!known && json_is_object(cause)) {
		known = failure_new(list, json_incref(cause));
		if (!known)
			return -1;
	}
	failure->seen.cause = known ? &known->seen : NULL;
	return 0;
}

/* cause: what json's "cause" is already; NULL: not yet. Steals json. */
static struct failure *failure_make(struct failure **list, json_t *json,
				    const struct failure *cause)
{
	struct failure *failure = json ? calloc(1, sizeof *failure) : NULL;

	if (!failure) {
		json_decref(json);
		return NULL;
	}
	failure->json = json;
	failure->next = *list;
	*list = failure;
	return read_failure(list, failure, cause) < 0 ? NULL : failure;
}

struct failure *failure_new(struct failure **list, json_t *json)
{
	return failure_make(list, json, NULL);
}

/* JSON holds only UTF-8: anything else is seen as '?'. */
static json_t *text_json(const char *text, size_t n)
{
	json_t *json;
	char *plain;

	if (str_utf8(text, n))
		return json_stringn(text, n);
	plain = malloc(n + 1);
	if (!plain)
		return NULL;
	for (size_t i = 0; i < n; i++)
		plain[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
	json = json_stringn(plain, n);
	free(plain);
	return json;
}

static int causes(const struct wf_failure *failure)
{
	int n = 0;

	for (; failure; failure = failure->cause)
		n++;
	return n;
}

struct failure *failure_vnew(struct failure **list, const struct failure *cause, const char *type,
			     const char *format, va_list ap)
{
	struct buf message = BUF_INIT;
	json_t *json = json_object();
	int rc = -1;

	buf_addv(&message, format, ap);
	if (json && buf_ok(&message))
		rc = json_object_set_new(json, "type", text_json(type, strlen(type))) |
		     json_object_set_new(json, "message", text_json(message.data, message.len));
	if (cause && causes(&cause->seen) >= CAUSES)
		cause = NULL;
	if (rc == 0 && cause)
		rc = json_object_set(json, "cause", cause->json);
	buf_release(&message);
	if (rc < 0) {
		json_decref(json);
		return NULL;
	}
	return failure_make(list, json, cause);
}

struct failure *failure_of_step(struct failure **list, const json_t *error, const char *step,
				int attempts)
{
	json_t *json = json_is_object(error) ? json_copy((json_t *)(uintptr_t)error)
					     : json_object();
	int rc = json ? 0 : -1;

	if (rc == 0 && !json_object_get(json, "step"))
		rc = json_object_set_new(json, "step", json_string(step));
	if (rc == 0 && !json_object_get(json, "attempts") && attempts > 0)
		rc = json_object_set_new(json, "attempts", json_integer(attempts));
	if (rc < 0) {
		json_decref(json);
		return NULL;
	}
	return failure_new(list, json);
}

void failures_free(struct failure **list)
{
	while (*list) {
		struct failure *failure = *list;
		*list = failure->next;
		json_decref(failure->json);
		free(failure);
	}
}
