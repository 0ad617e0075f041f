/* SPDX-License-Identifier: MIT */
/*
 * The caller of a payment hears at once whether it was taken, and the run goes on with the slow
 * part: `wf run early_return amount=5 --id p --no-wait`, `wf update p started --resume`.
 */
#include <wf.h>

struct payment {
	bool begun;
	const wf_failure *why;
	json_int_t amount;
};

static json_t *begin_payment(wf_attempt *a, const json_t *in)
{
	json_int_t amount = json_integer_value(json_object_get(in, "amount"));

	if (amount <= 0)
		return wf_fail_permanently(a, "bad_amount", "an amount of %lld cannot be paid",
					   (long long)amount);
	return json_integer(amount);
}

static json_t *finish_payment(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_pack("{s:O}", "paid", json_object_get(in, "amount"));
}

static json_t *undo_payment(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_null();
}

static bool has_begun(wf_ctx *wf, void *arg)
{
	(void)wf;
	return ((struct payment *)arg)->begun;
}

static json_t *started(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct payment *payment = (struct payment *)arg;

	(void)argument;
	if (!wf_condition(wf, has_begun, payment, 0))
		return NULL;
	if (payment->why)
		return wf_throw(wf, payment->why->type, "%s", payment->why->message);
	return wf_json(wf, "{s:I}", "taken", payment->amount);
}

static bool told(wf_ctx *wf, void *arg)
{
	(void)arg;
	return wf_handlers_done(wf);
}

static json_t *early_return(wf_ctx *wf, const json_t *in)
{
	struct payment *payment = (struct payment *)wf_alloc(wf, sizeof *payment);
	json_t *amount, *result;

	wf_on_update(wf, "started", NULL, started, payment);
	if (wf_sleep(wf, json_integer_value(json_object_get(in, "wait_ms"))) < 0)
		return NULL;
	amount = wf_step(wf, begin_payment, in);
	payment->why = amount ? NULL : wf_error(wf);
	payment->amount = json_integer_value(amount);
	payment->begun = true;
	result = payment->why ? wf_step(wf, undo_payment, in) : wf_step(wf, finish_payment, in);
	if (!result || !wf_condition(wf, told, NULL, 0))
		return NULL;
	return payment->why ? wf_throw(wf, payment->why->type, "%s", payment->why->message)
			    : result;
}

WF_MODULE(WF_WORKFLOW(early_return), WF_STEP(begin_payment), WF_STEP(finish_payment),
	  WF_STEP(undo_payment))
