/* SPDX-License-Identifier: MIT */
/* A batch that fails now and then: each attempt goes on where the last heartbeat says. */
#include <wf.h>

static json_t *batch(wf_attempt *a, const json_t *in)
{
	json_int_t size = json_integer_value(json_object_get(in, "size"));
	const json_t *before = wf_heartbeat_details(a);
	json_int_t done = before ? json_integer_value(before) : 0;

	for (json_int_t task = done + 1; task <= size; task++) {
		json_t *reached = json_integer(task);

		wf_heartbeat(a, reached);
		json_decref(reached);
		if (task < size && task - done == size / 3)
			return wf_fail(a, "flaky", "attempt %d stops behind task %d",
				       wf_attempt_number(a), (int)task);
	}
	return json_pack("{s:I, s:i}", "tasks", size, "attempts", wf_attempt_number(a));
}

static json_t *retryactivity(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, batch, in, .timeout = WF_MINUTES(2), .heartbeat = WF_SECONDS(10),
		       .retry = {.attempts = 5, .first = WF_MILLISECONDS(10), .factor = 2.0});
}

WF_MODULE(WF_WORKFLOW(retryactivity), WF_STEP(batch))
