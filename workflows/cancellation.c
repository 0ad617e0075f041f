/* SPDX-License-Identifier: MIT */
/*
 * cancellation: a step that works until it is told to stop, and a clean-up that cancelling does not
 * reach.
 *
 *   wf run cancellation --id c &
 *   wf cancel c --reason 'closing time'
 */
#include <wf.h>

#include <unistd.h>

/* Reports how far it is, which is how it hears of the cancellation. */
static json_t *activity_to_be_cancelled(wf_attempt *a, const json_t *in)
{
	json_int_t seconds = json_integer_value(json_object_get(in, "seconds"));

	for (json_int_t i = 0; i < seconds * 50; i++) {
		if (wf_heartbeat(a, NULL) < 0)
			return wf_fail(a, "stopped", "after %lld of %lld s", (long long)(i / 50),
				       (long long)seconds);
		usleep(20000);
	}
	return json_string("it was not cancelled");
}

static json_t *cleanup(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("cleaned up");
}

static json_t *cancellation(wf_ctx *wf, const json_t *in)
{
	json_t *order = wf_json(wf, "{s:I}", "seconds",
				json_is_integer(json_object_get(in, "seconds"))
					? json_integer_value(json_object_get(in, "seconds"))
					: (json_int_t)600);
	json_t *result = wf_step(wf, activity_to_be_cancelled, order, .heartbeat = WF_SECONDS(5),
				 .on_cancel = WF_ON_CANCEL_WAIT);
	wf_scope *shield = wf_shield_begin(wf);

	wf_step(wf, cleanup, NULL);
	wf_scope_end(wf, shield);
	json_decref(order);
	return result ? result : wf_throw(wf, "cancelled", "the work was cancelled");
}

WF_MODULE(WF_WORKFLOW(cancellation), WF_STEP(activity_to_be_cancelled), WF_STEP(cleanup))
