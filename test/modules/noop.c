/* SPDX-License-Identifier: MIT */
/* Steps that do nothing, for benchmarks: n one after the other, or n at once; n and then a day's
 * rest; n commands. */
#include <wf.h>

#include <stdlib.h>

static json_t *nothing(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_null();
}

static size_t number(const json_t *in)
{
	json_int_t n = json_integer_value(json_object_get(in, "n"));

	return n > 0 ? (size_t)n : 1;
}

static json_t *noop(wf_ctx *wf, const json_t *in)
{
	json_t *result;
	size_t n = number(in);

	for (size_t i = 0; i < n; i++) {
		if (!(result = wf_step(wf, nothing, NULL)))
			return NULL;
		wf_release(wf, result);
	}
	return json_integer((json_int_t)n);
}

static json_t *fan(wf_ctx *wf, const json_t *in)
{
	size_t n = number(in);
	wf_future **all = calloc(n, sizeof(wf_future *));
	bool done;

	if (!all)
		return wf_throw(wf, "memory", "no memory for %zu futures", n);
	for (size_t i = 0; i < n; i++)
		all[i] = wf_start(wf, nothing, NULL);
	done = wf_await_all(wf, all, n);
	free(all);
	return done ? json_integer((json_int_t)n) : NULL;
}

static json_t *rest(wf_ctx *wf, const json_t *in)
{
	json_t *done = noop(wf, in);

	if (done)
		wf_sleep(wf, WF_DAYS(1));
	return done;
}

static json_t *commands(wf_ctx *wf, const json_t *in)
{
	size_t n = number(in);

	for (size_t i = 0; i < n; i++)
		if (!wf_exec(wf, "true", ((const char *[]){"true", NULL})))
			return NULL;
	return json_integer((json_int_t)n);
}

WF_MODULE(WF_WORKFLOW(noop), WF_WORKFLOW(fan), WF_WORKFLOW(rest), WF_WORKFLOW(commands),
	  WF_STEP(nothing))
