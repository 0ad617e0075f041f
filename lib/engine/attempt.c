/* SPDX-License-Identifier: MIT */
/* What a step function can ask and say (the part of wf.h for inside a step), and calling one. */
#include "attempt_run.h"

#include "../base/buf.h"
#include "../base/mask.h"
#include "../model/secret.h"
#include "pool_text.h"
#include "secrets.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wf_attempt {
	const struct attempt_call *call;
	json_t *last;         /* what the last attempt said; owned */
	char *type, *message; /* owned; type is set once the step has failed */
	json_t *details;      /* owned */
	bool failed, permanent, outside;
	char *token; /* owned */
};

const char *wf_idempotency_key(const wf_attempt *a)
{
	return a->call->key;
}

const char *wf_attempt_run_id(const wf_attempt *a)
{
	return a->call->run_id;
}

int wf_attempt_number(const wf_attempt *a)
{
	return a->call->attempt;
}

bool wf_cancelled(const wf_attempt *a)
{
	return a->call->cancelled && a->call->cancelled(a->call->arg);
}

int wf_heartbeat(wf_attempt *a, const json_t *details)
{
	if (a->call->heartbeat)
		a->call->heartbeat(a->call->arg, details);
	return wf_cancelled(a) ? -1 : 0;
}

const json_t *wf_heartbeat_details(const wf_attempt *a)
{
	return a->last;
}

const char *wf_secret(const wf_attempt *a, const char *name)
{
	return json_string_value(json_object_get(a->call->secrets, name));
}

const char *wf_secret_text(const wf_attempt *a, const json_t *value)
{
	const char *name = secret_reference(value);

	return name ? wf_secret(a, name) : json_string_value(value);
}

const char *wf_token(const wf_attempt *a)
{
	wf_attempt *mine = (wf_attempt *)(uintptr_t)a;

	if (!mine->token)
		mine->token = token_text(a->call->run_id, a->call->cmd, a->call->nonce);
	return mine->token;
}

json_t *wf_complete_outside(wf_attempt *a)
{
	a->outside = true;
	return json_null();
}

void wf_fail_details(wf_attempt *a, json_t *details)
{
	json_decref(a->details);
	a->details = details;
}

/* Before it is cut somewhere, which could be in the middle of a secret. Takes text over. */
static char *masked(const wf_attempt *a, char *text)
{
	struct mask mask = MASK_INIT;
	struct buf out = BUF_INIT;

	if (!text || !a->call->secrets)
		return text;
	if (secrets_mask_of(a->call->secrets, &mask) == 0)
		mask_part(&mask, text, strlen(text), true, &out);
	mask_release(&mask);
	free(text);
	return buf_detach(&out);
}

static json_t *fail(wf_attempt *a, bool permanent, const char *type, const char *format, va_list ap)
{
	char *message = NULL;

	if (vasprintf(&message, format, ap) < 0)
		message = NULL;
	free(a->type);
	free(a->message);
	a->type = strdup(type && *type ? type : "failed");
	a->message = masked(a, message);
	a->failed = true;
	a->permanent = permanent;
	return NULL;
}

json_t *wf_fail(wf_attempt *a, const char *type, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(a, false, type, format, ap);
	va_end(ap);
	return NULL;
}

json_t *wf_fail_permanently(wf_attempt *a, const char *type, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fail(a, true, type, format, ap);
	va_end(ap);
	return NULL;
}

/* Whether part is somewhere in whole, the very same object. */
static bool holds(const json_t *whole, const json_t *part)
{
	json_t *value;
	size_t i;

	if (!whole || whole == part)
		return whole != NULL;
	if (json_is_array(whole)) {
		json_array_foreach (whole, i, value)
			if (holds(value, part))
				return true;
	} else if (json_is_object(whole)) {
		json_t *object = (json_t *)(uintptr_t)whole;
		for (void *at = json_object_iter(object); at;
		     at = json_object_iter_next(object, at))
			if (holds(json_object_iter_value(at), part))
				return true;
	}
	return false;
}

static void add_failure(wf_attempt *a, struct buf *text)
{
	struct buf details = BUF_INIT;
	size_t size;
	bool kept = a->details && text_add_json(&details, a->details, 0, &size) == 0 &&
		    buf_ok(&details);
	const char *message = a->message  ? a->message
			      : a->failed ? "out of memory"
					  : "the step returned nothing and did not say why";

	text_add_failure(text, a->type ? a->type : "failed", message, a->permanent,
			 kept ? details.data : NULL, details.len);
	buf_release(&details);
}

static bool add_result(const struct attempt_call *call, const json_t *result, struct buf *text)
{
	size_t size = 0, before = text->len;
	int rc = text_add_json(text, result, call->max_result, &size);
	char message[120];

	if (rc == 0 && buf_ok(text))
		return true;
	if (rc == 0) {
		text->failed = false;
		text->len = before;
		text_add_failure(text, "out_of_memory", "no memory for the step's result", false,
				 NULL, 0);
		return false;
	}
	text->len = before;
	snprintf(message, sizeof message, "the result has %zu bytes, and at most %zu are allowed",
		 size, call->max_result);
	text_add_failure(
		text, rc > 0 ? "result_too_large" : "bad_result",
		rc > 0 ? message
		       : "the result cannot be written as JSON (too deep, or it holds itself)",
		true, NULL, 0);
	return false;
}

bool attempt_run(const struct attempt_call *call, struct buf *text)
{
	wf_attempt a = {.call = call};
	json_t *result;
	bool completed = false;

	if (call->details)
		a.last = json_loads(call->details, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	result = call->step(&a, call->input);
	if (json_is_null(result) && a.outside && !a.failed)
		*call->ret_outside = true;
	else if (result)
		completed = add_result(call, result, text);
	else
		add_failure(&a, text);
	if (result && !holds(call->input, result) && !holds(a.last, result) &&
	    !holds(a.details, result))
		json_decref(result);
	json_decref(a.last);
	json_decref(a.details);
	free(a.type);
	free(a.message);
	free(a.token);
	return completed;
}
