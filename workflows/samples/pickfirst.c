/* SPDX-License-Identifier: MIT */
/* Two steps race; the first outcome is taken, and the other step is asked to stop. */
#include <wf.h>

#include <unistd.h>

static json_t *race(wf_attempt *a, const json_t *in)
{
	json_int_t ms = json_integer_value(json_object_get(in, "ms"));

	for (; ms > 0 && !wf_cancelled(a); ms -= 10) {
		wf_heartbeat(a, NULL);
		usleep(10000);
	}
	return json_object_get(in, "name");
}

static json_t *pickfirst(wf_ctx *wf, const json_t *in)
{
	wf_scope *scope = wf_scope_begin(wf);
	json_t *slow = wf_json(wf, "{s:s, s:I}", "name", "tortoise", "ms", (json_int_t)60000);
	json_t *fast = wf_json(wf, "{s:s, s:I}", "name", "hare", "ms", (json_int_t)20);
	wf_future *runners[] = {wf_start(wf, race, slow), wf_start(wf, race, fast)};
	size_t first = wf_await_any(wf, runners, 2);
	json_t *winner = wf_value(runners[first]);

	(void)in;
	json_decref(slow);
	json_decref(fast);
	wf_scope_cancel(wf, scope, "the race is over");
	wf_scope_end(wf, scope);
	return winner;
}

WF_MODULE(WF_WORKFLOW(pickfirst), WF_STEP(race))
