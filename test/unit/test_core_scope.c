/* SPDX-License-Identifier: MIT */
/* Cancellation: of the run and of scopes, shields, what becomes of steps, how a run ends by it. */
#include "core_fixture.h"

static json_t *work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *undo(wf_attempt *a, const json_t *in)
{
	return work(a, in);
}

static void cancel_run(struct core_test *t, const char *reason)
{
	is_int(feedf(t, "{\"type\":\"cancel_requested\",\"reason\":\"%s\"}", reason), 0,
	       "a cancellation is taken: %s", reason);
}

/* ---- the whole run */

static json_t *plain(wf_ctx *wf, const json_t *in)
{
	wf_compensate(wf, undo, in);
	return wf_step(wf, work, in);
}

static void test_run(void)
{
	struct core_test t;

	start(&t, "plain", "1");
	is_str(asked(&t), "1 step work 1", "a step is asked for");
	cancel_run(&t, "enough");
	is_str(asked(&t), "cancel 1; 2 step undo 1",
	       "it is asked to stop, and the compensation runs");
	cancel_run(&t, "again");
	is_str(asked(&t), "", "a compensation is not cancelled");
	is_int(failed(&t, 1, "cancelled"), 0, "what became of the step is taken, and nobody waits");
	completed(&t, 2, "1");
	is_str(ended(&t), "cancelled cancelled: enough",
	       "the run ends as cancelled, with the reason");
	is_int(feed(&t, "{\"type\":\"cancel_requested\"}"), 0, "after the end it means nothing");
	is_int(feed(&t, "{\"type\":\"run_cancelled\",\"error\":{}}"), 0, "the recorded end fits");
	finish(&t);
}

static json_t *handles(wf_ctx *wf, const json_t *in)
{
	wf_scope *shield;
	json_t *result;

	if (wf_sleep(wf, WF_SECONDS(5)) == 0)
		return wf_json(wf, "s", "slept");
	if (!wf_is_cancelled(wf) || strcmp(wf_error(wf)->type, "cancelled") != 0)
		return wf_json(wf, "s", "not told");
	if (wf_step(wf, work, in) || wf_timer(wf, 1) == NULL || !wf_ready(wf_timer(wf, 1)))
		return wf_json(wf, "s", "asked in a cancelled scope");
	shield = wf_shield_begin(wf);
	if (wf_is_cancelled(wf))
		return wf_json(wf, "s", "no shield");
	result = wf_step(wf, undo, in);
	wf_scope_end(wf, shield);
	return wf_is_cancelled(wf) ? result : NULL;
}

static void test_handled(void)
{
	struct core_test t;

	start(&t, "handles", "7");
	is_str(asked(&t), "1 timer 5000", "it waits");
	cancel_run(&t, "enough");
	is_str(asked(&t), "cancel 1; 2 step undo 7",
	       "nothing begins in a cancelled scope, but behind a shield");
	completed(&t, 2, "9");
	is_str(ended(&t), "completed 9",
	       "a workflow that handles it and returns a value completes");
	is_int(feed(&t, "{\"type\":\"run_cancelled\",\"error\":{}}"), -ERR_NONDETERMINISTIC,
	       "promise 4: an end as cancelled does not fit then");
	finish(&t);
}

static json_t *asks_for_child(wf_ctx *wf, const json_t *in)
{
	wf_sleep(wf, WF_SECONDS(5));
	if (wf_child(wf, "plain", in))
		return wf_json(wf, "s", "a child in a cancelled scope");
	return wf_json(wf, "s", wf_error(wf)->type);
}

static void test_child(void)
{
	struct core_test t;

	start(&t, "asks_for_child", "7");
	is_str(asked(&t), "1 timer 5000", "it waits");
	cancel_run(&t, "enough");
	is_str(asked(&t), "cancel 1", "no child begins in a cancelled scope");
	is_str(ended(&t), "completed \"cancelled\"", "who asks for one is told why");
	finish(&t);
}

/* The history of a cancelled run, replayed before anything was served. */
static void test_replay(void)
{
	struct core_test t;

	prepare(&t, "plain", "1");
	feed(&t, "{\"type\":\"run_started\"}");
	feed(&t, "{\"type\":\"cancel_requested\"}");
	core_set_live(t.core);
	is_str(asked(&t), "2 step undo 1",
	       "promise 3: on replay a step that was cancelled is not asked for again");
	completed(&t, 2, "1");
	is_str(ended(&t), "cancelled cancelled: the run was cancelled", "and the end is the same");
	finish(&t);
}

static json_t *throws_later(wf_ctx *wf, const json_t *in)
{
	(void)in;
	wf_sleep(wf, 5);
	return wf_throw(wf, "other", "something else");
}

static void test_other_failure(void)
{
	struct core_test t;

	start(&t, "throws_later", "1");
	cancel_run(&t, "x");
	is_str(ended(&t), "cancelled other: something else",
	       "another failure while cancelled: cancelled, and the failure is told");
	finish(&t);
}

/* ---- what cancellation means for a step */

static json_t *kinds(wf_ctx *wf, const json_t *in)
{
	wf_future *f[3] = {
		wf_start(wf, work, in, .on_cancel = WF_ON_CANCEL_TRY),
		wf_start(wf, work, in, .on_cancel = WF_ON_CANCEL_WAIT),
		wf_start(wf, work, in, .on_cancel = WF_ON_CANCEL_ABANDON),
	};
	json_t *result = json_array();

	for (int i = 0; i < 3; i++)
		json_array_append_new(result, wf_await(wf, f[i]) ? json_incref(wf_value(f[i]))
								 : json_string(wf_error(wf)->type));
	return result;
}

static void test_kinds(void)
{
	struct core_test t;

	start(&t, "kinds", "1");
	asked(&t);
	cancel_run(&t, "x");
	is_str(asked(&t), "cancel 1; cancel 2", "all but the abandoned one are asked to stop");
	is_str(ended(&t), "running", "the one to be waited for is waited for");
	is_int(completed(&t, 3, "3"), 0, "the abandoned one may end");
	is_int(completed(&t, 1, "3"), 0, "and so may the one that was tried to stop");
	completed(&t, 2, "22");
	is_str(ended(&t), "completed [\"cancelled\",22,\"cancelled\"]",
	       "its outcome counts; the others failed at once");
	finish(&t);
	prepare(&t, "kinds", "1");
	feed(&t, "{\"type\":\"run_started\"}");
	feed(&t, "{\"type\":\"cancel_requested\"}");
	core_set_live(t.core);
	is_str(asked(&t), "2 step work 1; 3 step work 1; cancel 2",
	       "on replay, what is waited for is asked for again, and to stop");
	completed(&t, 2, "22");
	is_str(ended(&t), "completed [\"cancelled\",22,\"cancelled\"]", "and its outcome counts");
	finish(&t);
}

/* ---- scopes */

static json_t *race(wf_ctx *wf, const json_t *in)
{
	wf_scope *scope = wf_scope_begin(wf);
	wf_future *f[3];
	size_t first;

	for (int i = 0; i < 3; i++)
		f[i] = wf_start(wf, work, in);
	wf_scope_end(wf, scope);
	first = wf_await_any(wf, f, 3);
	wf_scope_cancel(wf, scope, "another was first");
	for (size_t i = 0; i < 3; i++)
		if (i != first && strcmp(wf_future_error(f[i])->message, "another was first") != 0)
			return NULL;
	return wf_is_cancelled(wf) ? NULL : wf_step(wf, work, in);
}

static json_t *sleeper(wf_ctx *wf, void *arg)
{
	(void)arg;
	return wf_sleep(wf, WF_DAYS(1)) == 0 ? NULL : wf_json(wf, "s", wf_error(wf)->type);
}

static bool never(wf_ctx *wf, void *arg)
{
	(void)wf;
	(void)arg;
	return false;
}

static json_t *judge(wf_ctx *wf, void *arg)
{
	if (wf_condition(wf, never, NULL, arg ? WF_DAYS(2) : 0))
		return NULL;
	return wf_json(wf, "s", wf_error(wf)->type);
}

static json_t *shielded(wf_ctx *wf, void *arg)
{
	wf_scope *shield = wf_shield_begin(wf);

	(void)arg;
	if (wf_sleep(wf, WF_SECONDS(9)) < 0)
		return wf_json(wf, "s", "woken");
	wf_scope_end(wf, shield);
	return wf_json(wf, "s", wf_sleep(wf, 1) < 0 ? "after" : "never");
}

static json_t *spawns(wf_ctx *wf, const json_t *in)
{
	wf_scope *scope = wf_scope_begin(wf), *inner;
	wf_future *f[5];
	json_t *result = json_array();
	int x;

	(void)in;
	f[0] = wf_spawn(wf, sleeper, NULL);
	f[1] = wf_spawn(wf, judge, NULL);
	f[2] = wf_spawn(wf, judge, &x);
	f[3] = wf_spawn(wf, shielded, NULL);
	inner = wf_scope_begin(wf);
	f[4] = wf_spawn(wf, sleeper, NULL);
	wf_scope_end(wf, inner);
	wf_scope_end(wf, scope);
	wf_sleep(wf, 10);
	wf_scope_cancel(wf, scope, NULL);
	for (int i = 0; i < 5; i++)
		json_array_append(result, wf_await(wf, f[i]));
	return result;
}

static void test_scopes(void)
{
	struct core_test t;

	start(&t, "race", "1");
	asked(&t);
	completed(&t, 2, "5");
	is_str(asked(&t), "cancel 1; cancel 3; 4 step work 1",
	       "those that were not first are cancelled, and the run goes on");
	completed(&t, 4, "6");
	is_str(ended(&t), "completed 6", "and completes");
	finish(&t);
	start(&t, "spawns", "null");
	is_str(asked(&t),
	       "1 timer 10; 2 timer 86400000; 3 timer 172800000; 4 timer 9000; 5 timer 86400000",
	       "five coroutines in a scope");
	fired(&t, 1, 10);
	is_str(asked(&t), "cancel 2; cancel 3; cancel 5",
	       "the waits in it and in the scope within are cancelled, but for the shield");
	fired(&t, 4, 9000);
	is_str(ended(&t),
	       "completed [\"cancelled\",\"cancelled\",\"cancelled\",\"after\",\"cancelled\"]",
	       "each coroutine was told; behind the shield only after it");
	finish(&t);
}

/* Nothing breaks when calls come in odd orders. */
static json_t *odd(wf_ctx *wf, const json_t *in)
{
	wf_scope *a = wf_scope_begin(wf), *b = wf_scope_begin(wf);

	wf_scope_end(wf, a);
	wf_scope_end(wf, b);
	wf_scope_end(wf, a);
	wf_scope_end(wf, NULL);
	wf_scope_cancel(wf, b, "once");
	wf_scope_cancel(wf, b, "twice");
	if (wf_is_cancelled(wf))
		return NULL;
	a = wf_scope_begin(wf);
	wf_scope_cancel(wf, a, NULL);
	b = wf_scope_begin(wf);
	if (!wf_is_cancelled(wf) || wf_step(wf, work, in))
		return NULL;
	return json_string(wf_error(wf)->message);
}

static void test_odd(void)
{
	struct core_test t;

	start(&t, "odd", "1");
	is_str(ended(&t), "completed \"the scope was cancelled\"",
	       "ends out of order, and a scope begun in a cancelled one");
	finish(&t);
	is_int(wf_is_cancelled(NULL), 0, "outside of a workflow nothing is cancelled");
}

WF_MODULE(WF_WORKFLOW(plain), WF_WORKFLOW(handles), WF_WORKFLOW(asks_for_child),
	  WF_WORKFLOW(throws_later), WF_WORKFLOW(kinds), WF_WORKFLOW(race), WF_WORKFLOW(spawns),
	  WF_WORKFLOW(odd), WF_STEP(work), WF_STEP(undo))

int main(void)
{
	test_run();
	test_handled();
	test_child();
	test_replay();
	test_other_failure();
	test_kinds();
	test_scopes();
	test_odd();
	return done_testing();
}
