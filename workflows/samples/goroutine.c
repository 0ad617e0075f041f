/* SPDX-License-Identifier: MIT */
/* Coroutines side by side, each with two steps, one after the other. */
#include <wf.h>

#define MOST 100

static json_t *step1(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_sprintf("step1 of %d", (int)json_integer_value(in));
}

static json_t *step2(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_sprintf("%s, then step2", json_string_value(in));
}

static json_t *line(wf_ctx *wf, void *arg)
{
	json_t *number = json_integer(*(const int *)arg);
	json_t *first = wf_step(wf, step1, number);

	json_decref(number);
	return first ? wf_step(wf, step2, first) : NULL;
}

static json_t *goroutine(wf_ctx *wf, const json_t *in)
{
	json_int_t n = json_integer_value(json_object_get(in, "parallelism"));
	wf_future *lines[MOST];
	int numbers[MOST];
	json_t *all;

	if (n < 1 || n > MOST)
		return wf_throw(wf, "bad_input", "parallelism is 1 to %d", MOST);
	for (int i = 0; i < n; i++) {
		numbers[i] = i;
		lines[i] = wf_spawn(wf, line, &numbers[i]);
	}
	if (!wf_await_all(wf, lines, (size_t)n))
		return NULL;
	all = json_array();
	for (int i = 0; i < n; i++)
		json_array_append(all, wf_value(lines[i]));
	return all;
}

WF_MODULE(WF_WORKFLOW(goroutine), WF_STEP(step1), WF_STEP(step2))
