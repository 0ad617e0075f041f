/* SPDX-License-Identifier: MIT */
/* Three signals that may come in any order are dealt with in one order; each of the last two has a
 * time-out, and both together one that counts from the first. `wf signal ID second`, ... */
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

static wf_duration duration_of(const json_t *in, const char *name, wf_duration otherwise)
{
	wf_duration ms = json_integer_value(json_object_get(in, name));

	return ms ? ms : otherwise;
}

static wf_duration earlier(wf_duration a, wf_duration b)
{
	return b < 0 ? 0 : a < b ? a : b;
}

static json_t *await_signals(wf_ctx *wf, const json_t *in)
{
	wf_duration limit = duration_of(in, "timeout_ms", WF_HOURS(1));
	int64_t by;

	if (!wf_receive(wf, "first"))
		return NULL;
	by = wf_now(wf) + duration_of(in, "whole_ms", WF_HOURS(24));
	wf_log(wf, "the first has come");
	if (!await(wf, "second", earlier(limit, by - wf_now(wf))) ||
	    !await(wf, "third", earlier(limit, by - wf_now(wf))))
		return NULL;
	return wf_json(wf, "[s, s, s]", "first", "second", "third");
}

WF_MODULE(WF_WORKFLOW(await_signals))
