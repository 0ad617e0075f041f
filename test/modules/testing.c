/* SPDX-License-Identifier: MIT */
/* Workflows that are tested by virtual time, stubs and crashes: testing.so:NAME. */
#include <wf.h>

#include <stdio.h>
#include <unistd.h>

/* Succeeds at the third try. */
static json_t *charge(wf_attempt *a, const json_t *in)
{
	(void)in;
	if (wf_attempt_number(a) < 3)
		return wf_fail(a, "busy", "the bank is busy");
	return json_integer(wf_attempt_number(a));
}

/* Retries over hours and a month's sleep: 3 h and 30 days by the run's clock. */
static json_t *order(wf_ctx *wf, const json_t *in)
{
	int64_t began = wf_now(wf);
	json_t *tries = wf_step(wf, charge, in, .retry = {.first = WF_HOURS(1)});

	if (!tries)
		return NULL;
	sleep(30 * 24 * 3600);
	if (!wf_shell(wf, "ship", "echo shipped >>shipped"))
		return NULL;
	return wf_json(wf, "{s:O, s:I}", "tries", tries, "took", (json_int_t)(wf_now(wf) - began));
}

/* A step that is not idempotent: its result tells how often it ran. */
static json_t *count(wf_attempt *a, const json_t *in)
{
	const char *path = json_string_value(json_object_get(in, "file"));
	FILE *file = fopen(path, "a");
	long n;

	if (!file)
		return wf_fail_permanently(a, "file", "cannot open '%s'", path);
	fputc('x', file);
	n = ftell(file);
	fclose(file);
	return json_integer(n);
}

static json_t *counts(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, count, in);
}

/* Waits for a signal or a day, whatever comes first. */
static json_t *patient(wf_ctx *wf, const json_t *in)
{
	wf_future *both[] = {wf_receive_start(wf, "go"), wf_timer(wf, WF_DAYS(1))};

	(void)in;
	return wf_json(wf, "{s:b}", "signalled", wf_await_any(wf, both, 2) == 0);
}

/* Waits for a signal alone, then sleeps a week. */
static json_t *asked(wf_ctx *wf, const json_t *in)
{
	int64_t began = wf_now(wf);

	(void)in;
	if (!wf_receive(wf, "go") || wf_sleep(wf, WF_DAYS(7)) < 0)
		return NULL;
	return wf_json(wf, "{s:b}", "week", wf_now(wf) - began >= WF_DAYS(7));
}

/* A child that takes a month, beside a timer of two; then one that fails, is tried again after a
 * day and after two, and fails for good. */
static json_t *family(wf_ctx *wf, const json_t *in)
{
	int64_t began = wf_now(wf), month;
	wf_future *both[] = {wf_child_start(wf, "order", in), wf_timer(wf, WF_DAYS(60))};
	size_t first = wf_await_any(wf, both, 2);
	json_t *failed;

	month = wf_now(wf) - began;
	failed = wf_child(wf, "doomed", in, .retry = {.attempts = 3, .first = WF_DAYS(1)});
	return wf_json(wf, "{s:i, s:I, s:b, s:I}", "first", (int)first, "month", (json_int_t)month,
		       "failed", !failed, "retries", (json_int_t)(wf_now(wf) - began - month));
}

static json_t *doomed(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_throw(wf, "doomed", "as ever");
}

WF_MODULE(WF_WORKFLOW(family), WF_WORKFLOW(doomed), WF_WORKFLOW(order), WF_WORKFLOW(counts),
	  WF_WORKFLOW(patient), WF_WORKFLOW(asked), WF_STEP(charge), WF_STEP(count))
