/* SPDX-License-Identifier: MIT */
/* Three signals that may come in any order are dealt with in one order; each of the last two has a
 * time-out. `wf signal ID second`, ... */
#include <wf.h>

static bool await(wf_ctx *wf, const char *name, wf_duration timeout)
{
	wf_future *both[] = {wf_receive_start(wf, name), wf_timer(wf, timeout)};

	if (wf_await_any(wf, both, 2) == 1)
		wf_throw(wf, "timeout", "signal '%s' did not come in time", name);
	else if (!wf_await(wf, both[0]))
		return false;
	return wf_ready(both[0]);
}

static json_t *await_signals(wf_ctx *wf, const json_t *in)
{
	wf_duration limit = json_integer_value(json_object_get(in, "timeout_ms"));

	if (!limit)
		limit = WF_HOURS(1);
	if (!wf_receive(wf, "first"))
		return NULL;
	wf_log(wf, "the first has come");
	if (!await(wf, "second", limit) || !await(wf, "third", limit))
		return NULL;
	return wf_json(wf, "[s, s, s]", "first", "second", "third");
}

WF_MODULE(WF_WORKFLOW(await_signals))
