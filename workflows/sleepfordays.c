/* SPDX-License-Identifier: MIT */
/*
 * sleepfordays: a mail every so many days until the signal "complete" comes. No process lives
 * between two mails.
 *
 *   wf run sleepfordays --id news --no-wait       (days=30)
 *   wf signal news complete --resume
 */
#include <wf.h>

static json_t *send_email(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("sleeping for days");
}

static json_t *sleepfordays(wf_ctx *wf, const json_t *in)
{
	const json_t *days = json_object_get(in, "days");
	wf_duration rest = json_is_number(days) ? (wf_duration)(json_number_value(days) * 86400e3)
						: WF_DAYS(30);
	wf_future *complete = wf_receive_start(wf, "complete");
	json_int_t mails = 0;

	for (; !wf_ready(complete); mails++) {
		wf_future *timer = wf_timer(wf, rest);

		if (!wf_step(wf, send_email, NULL))
			return NULL;
		wf_await_any(wf, (wf_future *[]){timer, complete}, 2);
		wf_forget(wf, timer);
	}
	if (wf_future_error(complete))
		return wf_throw(wf, "cancelled", "cancelled after %lld mails", (long long)mails);
	return wf_json(wf, "{s:I}", "mails", mails);
}

WF_MODULE(WF_WORKFLOW(sleepfordays), WF_STEP(send_email))
