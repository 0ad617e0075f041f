/* SPDX-License-Identifier: MIT */
/*
 * timer: tell somebody when the work takes longer than it should; it goes on all the same.
 *
 *   wf run timer work=2 threshold=1       (seconds)
 */
#include <wf.h>

#include <unistd.h>

static json_t *order(wf_attempt *a, const json_t *in)
{
	(void)a;
	usleep((useconds_t)(json_number_value(json_object_get(in, "work")) * 1e6));
	return json_string("done");
}

static json_t *send_email(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("it takes longer than it should");
}

static json_t *timer(wf_ctx *wf, const json_t *in)
{
	double threshold = json_number_value(json_object_get(in, "threshold"));
	wf_scope *scope = wf_scope_begin(wf);
	wf_future *late = wf_timer(wf, (wf_duration)(threshold * 1000)), *done;
	json_t *mail = NULL;

	wf_scope_end(wf, scope);
	done = wf_start(wf, order, in);
	if (wf_await_any(wf, (wf_future *[]){done, late}, 2) == 1)
		mail = wf_step(wf, send_email, in);
	else
		wf_scope_cancel(wf, scope, "the work was done in time");
	if (!wf_await(wf, done))
		return NULL;
	return wf_json(wf, "{s:O, s:b}", "order", wf_value(done), "mailed", mail != NULL);
}

WF_MODULE(WF_WORKFLOW(timer), WF_STEP(order), WF_STEP(send_email))
