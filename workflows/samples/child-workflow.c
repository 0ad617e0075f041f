/* SPDX-License-Identifier: MIT */
/*
 * A workflow that has another one do its work, as a run of its own.
 *
 *   wf run child-workflow.so:parent --id hi name=World
 *   wf list                          # hi and its child hi.1
 */
#include <wf.h>

static json_t *greeting(wf_ctx *wf, const json_t *in)
{
	const char *name = json_string_value(json_object_get(in, "name"));

	return wf_json(wf, "s+", "Hello ", name ? name : "World");
}

static json_t *parent(wf_ctx *wf, const json_t *in)
{
	json_t *text = wf_child(wf, "greeting", in, .on_close = WF_CLOSE_TERMINATE);

	if (!text)
		return wf_throw(wf, "no_greeting", "nobody was greeted");
	wf_log(wf, "the child says: %s", json_string_value(text));
	return text;
}

WF_MODULE(WF_WORKFLOW(parent), WF_WORKFLOW(greeting))
