/* SPDX-License-Identifier: MIT */
/* A counter: `wf update ID fetch_and_add n=5` adds and tells what it was; `wf signal ID done`. */
#include <wf.h>

static bool is_not_negative(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)arg;
	if (json_integer_value(json_object_get(argument, "n")) >= 0)
		return true;
	wf_throw(wf, "negative", "n must not be negative");
	return false;
}

static json_t *fetch_and_add(wf_ctx *wf, const json_t *argument, void *arg)
{
	json_int_t *counter = (json_int_t *)arg, before = *counter;

	*counter += json_integer_value(json_object_get(argument, "n"));
	return wf_json(wf, "I", before);
}

static json_t *update(wf_ctx *wf, const json_t *in)
{
	json_int_t *counter = (json_int_t *)wf_alloc(wf, sizeof *counter);

	(void)in;
	wf_on_update(wf, "fetch_and_add", is_not_negative, fetch_and_add, counter);
	if (!wf_receive(wf, "done"))
		return NULL;
	return wf_json(wf, "I", *counter);
}

WF_MODULE(WF_WORKFLOW(update))
