/* SPDX-License-Identifier: MIT */
/*
 * updatabletimer: a wait whose end may be moved while it goes on.
 *
 *   wf run updatabletimer --id t until=1795500000 --no-wait     (seconds since 1970)
 *   wf signal t until 1795400000 --resume
 *   wf query t until
 */
#include <wf.h>

static json_t *until_answer(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)wf;
	(void)argument;
	return json_integer((json_int_t)(*(int64_t *)arg / 1000));
}

static json_t *updatabletimer(wf_ctx *wf, const json_t *in)
{
	int64_t until = (int64_t)(json_number_value(json_object_get(in, "until")) * 1000);
	wf_future *update = wf_receive_start(wf, "until");

	wf_on_query(wf, "until", until_answer, &until);
	while (until > wf_now(wf)) {
		wf_scope *scope = wf_scope_begin(wf);
		wf_future *timer = wf_timer(wf, until - wf_now(wf));

		wf_scope_end(wf, scope);
		if (wf_await_any(wf, (wf_future *[]){timer, update}, 2) == 0) {
			if (!wf_await(wf, timer))
				return NULL; /* the run was cancelled */
			break;
		}
		wf_scope_cancel(wf, scope, "the time was changed");
		if (!wf_await(wf, update))
			return NULL;
		until = (int64_t)(json_number_value(wf_value(update)) * 1000);
		update = wf_receive_start(wf, "until");
	}
	return wf_json(wf, "{s:I}", "until", (json_int_t)(until / 1000));
}

WF_MODULE(WF_WORKFLOW(updatabletimer))
