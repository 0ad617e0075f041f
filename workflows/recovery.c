/* SPDX-License-Identifier: MIT */
/*
 * recovery: start again what a crash has left, so many at a time. One run looks after others, by
 * the same commands that a person has.
 *
 *   wf run recovery at_once=4
 */
#include <wf.h>

/* Drives one run to its end; what is not found, or driven by somebody, is no failure of ours. */
static wf_future *recover(wf_ctx *wf, const json_t *id)
{
	return wf_exec_start(wf, "resume",
			     WF_ARGV("wf", "resume", "--no-wait", "--quiet", json_string_value(id)),
			     .any_exit = true, .retry = {.attempts = 1});
}

static json_t *recovery(wf_ctx *wf, const json_t *in)
{
	json_int_t at_once = json_integer_value(json_object_get(in, "at_once"));
	json_t *found = wf_shell(
		wf, "list",
		"wf list --open --json | jq -sc 'map(select(.status == \"interrupted\").id)'");
	json_t *ids = found ? json_loads(json_string_value(json_object_get(found, "stdout")), 0,
					 NULL)
			    : NULL;
	wf_future *running[16];
	size_t n = 0, next = 0, most = at_once > 0 && at_once < 16 ? (size_t)at_once : 4;

	if (!json_is_array(ids))
		return wf_throw(wf, "no_list", "the open runs cannot be listed");
	while (n || next < json_array_size(ids)) {
		while (n < most && next < json_array_size(ids))
			running[n++] = recover(wf, json_array_get(ids, next++));
		size_t i = wf_await_any(wf, running, n);
		wf_forget(wf, running[i]);
		running[i] = running[--n];
	}
	json_decref(ids);
	return wf_json(wf, "{s:I}", "recovered", (json_int_t)next);
}

WF_MODULE(WF_WORKFLOW(recovery))
