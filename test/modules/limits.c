/* SPDX-License-Identifier: MIT */
/* Locks and limits between runs: limits.so:NAME. Steps write "begin ID" and "end ID" into a
 * journal. */
#include <wf.h>

#include <stdio.h>
#include <unistd.h>

static void note(wf_attempt *a, const json_t *in, const char *what)
{
	FILE *f = fopen(json_string_value(json_object_get(in, "journal")), "a");

	if (f) {
		fprintf(f, "%s %s\n", what, wf_attempt_run_id(a));
		fclose(f);
	}
}

static json_t *work(wf_attempt *a, const json_t *in)
{
	const char *until = json_string_value(json_object_get(in, "until"));

	note(a, in, "begin");
	for (int ms = (int)json_integer_value(json_object_get(in, "ms")); ms > 0; ms--)
		usleep(1000);
	while (until && access(until, F_OK) != 0 && wf_heartbeat(a, NULL) == 0)
		usleep(2000);
	note(a, in, "end");
	return json_true();
}

static json_t *after(wf_attempt *a, const json_t *in)
{
	note(a, in, "after");
	return json_true();
}

/* Two steps inside, so that a death between them is seen. */
static json_t *guarded(wf_ctx *wf, const json_t *in)
{
	unsigned limit = (unsigned)json_integer_value(json_object_get(in, "limit"));

	if (wf_acquire(wf, "ledger", limit ? limit : 1) < 0 || !wf_step(wf, work, in) ||
	    !wf_step(wf, after, in))
		return NULL;
	wf_let_go(wf, "ledger");
	return json_string("done");
}

/* Holds the lock while it is suspended. */
static json_t *sleeper(wf_ctx *wf, const json_t *in)
{
	if (wf_acquire(wf, "ledger", 1) < 0)
		return NULL;
	wf_sleep(wf, json_integer_value(json_object_get(in, "sleep")));
	return json_string("slept");
}

/* Waits for an hour. */
static json_t *naps(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_sleep(wf, WF_HOURS(1)) < 0 ? NULL : json_null();
}

/* Ends without letting go, or fails. */
static json_t *keeper(wf_ctx *wf, const json_t *in)
{
	if (wf_acquire(wf, "ledger", 1) < 0 || json_is_true(json_object_get(in, "fail")))
		return wf_throw(wf, "kept", "with the lock in its hands");
	return json_string("kept");
}

static json_t *wrong(wf_ctx *wf, const json_t *in)
{
	const char *name = json_string_value(json_object_get(in, "name"));

	if (json_object_get(in, "tag"))
		wf_tag(wf, name, json_incref(json_object_get(in, "tag")));
	else if (json_object_get(in, "go"))
		wf_let_go(wf, name);
	else
		wf_acquire(wf, name, (unsigned)json_integer_value(json_object_get(in, "limit")));
	return wf_throw(wf, wf_error(wf)->type, "%s", wf_error(wf)->message);
}

static json_t *many(wf_ctx *wf, const json_t *in)
{
	wf_future *all[6];

	for (int i = 0; i < 6; i++)
		all[i] = wf_start(
			wf, work, in,
			.limit = (unsigned)json_integer_value(json_object_get(in, "limit")),
			.rate = json_number_value(json_object_get(in, "rate")));
	return wf_await_all(wf, all, 6) ? json_true() : NULL;
}

static json_t *once(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, work, in) ? json_true() : NULL;
}

WF_MODULE(WF_WORKFLOW(guarded), WF_WORKFLOW(sleeper), WF_WORKFLOW(keeper), WF_WORKFLOW(wrong),
	  WF_WORKFLOW(many), WF_WORKFLOW(naps), WF_WORKFLOW(once), WF_STEP(work), WF_STEP(after))
