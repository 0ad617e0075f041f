/* SPDX-License-Identifier: MIT */
/*
 * A child that continues as new several times. Its parent waits for the whole
 * chain and gets the result of the last generation.
 *
 *   wf run child-workflow-continue-as-new.so:parent --id chain runs=5
 */
#include <wf.h>

static json_t *child(wf_ctx *wf, const json_t *in)
{
	json_int_t total = json_integer_value(json_object_get(in, "total"));
	json_int_t left = json_integer_value(json_object_get(in, "runs"));
	json_t *next;

	total++;
	if (left <= 1)
		return wf_json(wf, "{s:I, s:i}", "total", total, "generation", wf_generation(wf));
	next = wf_json(wf, "{s:I, s:I}", "total", total, "runs", left - 1);
	wf_continue_as_new(wf, next);
	json_decref(next);
	return NULL;
}

static json_t *parent(wf_ctx *wf, const json_t *in)
{
	return wf_child(wf, "child", in);
}

WF_MODULE(WF_WORKFLOW(parent), WF_WORKFLOW(child))
