/* SPDX-License-Identifier: MIT */
/* A transfer in three steps; what was done is undone, last first, if a later one fails for good. */
#include <wf.h>

#include <stdio.h>

/* Each effect is a line of the ledger. */
static json_t *enter(wf_attempt *a, const json_t *in, const char *what)
{
	FILE *ledger = fopen(json_string_value(json_object_get(in, "ledger")), "a");

	if (!ledger)
		return wf_fail_permanently(a, "no_ledger", "cannot open the ledger");
	fprintf(ledger, "%s %s\n", what, wf_idempotency_key(a));
	if (fclose(ledger) != 0)
		return wf_fail(a, "no_ledger", "cannot write the ledger");
	return json_true();
}

static json_t *withdraw(wf_attempt *a, const json_t *in)
{
	return enter(a, in, "withdraw");
}

static json_t *withdraw_back(wf_attempt *a, const json_t *in)
{
	return enter(a, in, "withdraw_back");
}

static json_t *deposit(wf_attempt *a, const json_t *in)
{
	return enter(a, in, "deposit");
}

static json_t *deposit_back(wf_attempt *a, const json_t *in)
{
	return enter(a, in, "deposit_back");
}

static json_t *step_with_error(wf_attempt *a, const json_t *in)
{
	if (!json_is_true(json_object_get(in, "fail")))
		return json_true();
	return wf_fail_permanently(a, "audit", "the audit says no");
}

static json_t *saga(wf_ctx *wf, const json_t *in)
{
	if (!wf_step(wf, withdraw, in))
		return NULL;
	wf_compensate(wf, withdraw_back, in);
	if (!wf_step(wf, deposit, in))
		return NULL;
	wf_compensate(wf, deposit_back, in);
	if (!wf_step(wf, step_with_error, in))
		return NULL;
	return json_string("transferred");
}

WF_MODULE(WF_WORKFLOW(saga), WF_STEP(withdraw), WF_STEP(withdraw_back), WF_STEP(deposit),
	  WF_STEP(deposit_back), WF_STEP(step_with_error))
