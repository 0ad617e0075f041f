/* SPDX-License-Identifier: MIT */
/*
 * Request and response by signal and query: `wf signal ID request id=r1 text=hello`, then
 * `wf query ID response '{"id":"r1"}'` until the answer is there. The run ends when no request has
 * come for a while.
 */
#include <wf.h>

#include <ctype.h>
#include <string.h>

static json_t *uppercase(wf_attempt *a, const json_t *in)
{
	char text[1000];
	size_t n = 0;
	const char *from = json_string_value(json_object_get(in, "text"));

	if (!from)
		return wf_fail_permanently(a, "no_text", "the request has no text");
	for (; from[n] && n + 1 < sizeof text; n++)
		text[n] = (char)toupper((unsigned char)from[n]);
	return json_stringn_nocheck(text, n);
}

static json_t *response(wf_ctx *wf, const json_t *argument, void *arg)
{
	const char *id = json_string_value(json_object_get(argument, "id"));
	json_t *found = id ? json_object_get((const json_t *)arg, id) : NULL;

	return found ? json_incref(found) : wf_throw(wf, "not_there", "no response yet");
}

static json_t *reqrespquery(wf_ctx *wf, const json_t *in)
{
	wf_duration idle = json_integer_value(json_object_get(in, "idle_ms"));
	json_t *responses = json_object();

	wf_on_query(wf, "response", response, responses);
	for (;;) {
		wf_future *next[] = {wf_receive_start(wf, "request"),
				     wf_timer(wf, idle ? idle : WF_MINUTES(10))};
		size_t first = wf_await_any(wf, next, 2);
		const json_t *request = first == 0 ? wf_await(wf, next[0]) : NULL;
		const char *id = json_string_value(json_object_get(request, "id"));
		json_t *done;

		if (first == 1 || (id && strcmp(id, "end") == 0))
			return responses;
		if (!request)
			return NULL;
		wf_forget(wf, next[1]);
		done = wf_step(wf, uppercase, request, .retry = {.attempts = 3});
		if (id && done)
			json_object_set(responses, id, done);
	}
}

WF_MODULE(WF_WORKFLOW(reqrespquery), WF_STEP(uppercase))
