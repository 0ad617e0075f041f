/* SPDX-License-Identifier: MIT */
/* Parents and children, for tests. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wf.h>

static json_int_t number(const json_t *in, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(in, name);

	return value ? json_integer_value(value) : otherwise;
}

/* Append a line "<word> <n>" to the file that the input names. */
static json_t *mark(wf_attempt *a, const json_t *in)
{
	const char *path = json_string_value(json_object_get(in, "marks"));
	FILE *file = path ? fopen(path, "a") : NULL;

	if (file) {
		fprintf(file, "%s %lld\n", wf_attempt_run_id(a), (long long)number(in, "n", 0));
		fclose(file);
	}
	usleep((useconds_t)number(in, "us", 0));
	return json_integer(number(in, "n", 0));
}

/* A child: one step; its result is twice n. */
static json_t *doubles(wf_ctx *wf, const json_t *in)
{
	json_t *n = wf_step(wf, mark, in);

	return n ? json_integer(2 * json_integer_value(n)) : NULL;
}

static json_t *child_in(const json_t *in, json_int_t n)
{
	json_t *copy = json_deep_copy(in);

	json_object_set_new(copy, "n", json_integer(n));
	return copy;
}

/* A window of so many children at once; the sum of their results. */
static json_t *window(wf_ctx *wf, const json_t *in)
{
	enum { MOST = 64 };
	wf_future *open[MOST];
	json_int_t children = number(in, "children", 3), width = number(in, "window", 2);
	json_int_t sum = 0, started = 0;
	size_t n = 0;

	while (started < children || n) {
		size_t i;
		json_t *value;

		while (started < children && n < (size_t)width) {
			json_t *input = child_in(in, ++started);
			open[n++] = wf_child_start(wf, "doubles", input);
			json_decref(input);
		}
		i = wf_await_any(wf, open, n);
		value = wf_await(wf, open[i]);
		if (!value)
			return NULL;
		sum += json_integer_value(value);
		wf_release(wf, value);
		wf_forget(wf, open[i]);
		open[i] = open[--n];
	}
	return json_integer(sum);
}

/* One child of the workflow that the input names; what came of it. */
static json_t *parent(wf_ctx *wf, const json_t *in)
{
	const char *workflow = json_string_value(json_object_get(in, "workflow"));
	const char *id = json_string_value(json_object_get(in, "child"));
	int attempts = (int)number(in, "attempts", 0);
	json_t *value = wf_child(wf, workflow ? workflow : "doubles", in, .id = id,
				 .retry = {.attempts = attempts, .first = WF_MILLISECONDS(20)},
				 .id_reuse = (wf_id_reuse)number(in, "reuse", WF_ID_REUSE_ALLOW));
	const wf_failure *why = wf_error(wf);

	if (value)
		return json_pack("{s:O}", "value", value);
	return json_pack("{s:s, s:s, s:s?}", "type", why->type, "message", why->message, "cause",
			 why->cause ? why->cause->type : NULL);
}

/* Fails, the first so many times. */
static json_t *flaky(wf_ctx *wf, const json_t *in)
{
	const char *plus = strrchr(wf_run_id(wf), '+');

	if (!wf_step(wf, mark, in))
		return NULL;
	if ((plus ? strtoll(plus + 1, NULL, 10) : 1) <= number(in, "fails", 1))
		return wf_throw(wf, "flaky", "not yet");
	return json_string(wf_run_id(wf));
}

static json_t *waits(wf_ctx *wf, const json_t *in)
{
	wf_sleep(wf, WF_MILLISECONDS(number(in, "ms", 60000)));
	return wf_step(wf, mark, in);
}

/* Ends at once and leaves a child by the policy that the input names. */
static json_t *leaves(wf_ctx *wf, const json_t *in)
{
	const char *policy = json_string_value(json_object_get(in, "policy"));
	const wf_close_policy on_close = strcmp(policy, "abandon") == 0  ? WF_CLOSE_ABANDON
					 : strcmp(policy, "cancel") == 0 ? WF_CLOSE_CANCEL
									 : WF_CLOSE_TERMINATE;
	wf_future *child = wf_child_start(wf, "waits", in, .on_close = on_close);

	if (number(in, "pause", 0))
		wf_sleep(wf, number(in, "pause", 0));
	return json_string(wf_child_id(child));
}

WF_MODULE(WF_WORKFLOW(doubles), WF_WORKFLOW(window), WF_WORKFLOW(parent), WF_WORKFLOW(flaky),
	  WF_WORKFLOW(waits), WF_WORKFLOW(leaves), WF_STEP(mark))
