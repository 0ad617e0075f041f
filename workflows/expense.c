/* SPDX-License-Identifier: MIT */
/*
 * expense: nothing is paid before somebody has approved it, however long that takes.
 *
 *   wf run expense --id trip-7 amount=120 --no-wait
 *   wf complete trip-7 approve '{"by":"mara"}' --resume
 *   wf complete trip-7 approve --fail 'denied:over budget' --resume
 */
#include <wf.h>

#include <stdio.h>

/* Here a mail would go out, with the token in it. */
static json_t *approve(wf_attempt *a, const json_t *in)
{
	printf("expense of %lld: wf complete --token %s\n",
	       (long long)json_integer_value(json_object_get(in, "amount")), wf_token(a));
	return wf_complete_outside(a);
}

static json_t *pay(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_pack("{s:O}", "paid", json_object_get(in, "amount"));
}

static json_t *expense(wf_ctx *wf, const json_t *in)
{
	json_t *decision;

	if (!json_is_integer(json_object_get(in, "amount")))
		return wf_throw(wf, "bad_input", "amount must be a whole number");
	decision = wf_step(wf, approve, in, .total_timeout = WF_DAYS(30));
	if (!decision)
		return NULL;
	if (!wf_step(wf, pay, in))
		return NULL;
	return wf_json(wf, "{s:O, s:O}", "paid", json_object_get(in, "amount"), "decision",
		       decision);
}

WF_MODULE(WF_WORKFLOW(expense), WF_STEP(approve), WF_STEP(pay))
