/* SPDX-License-Identifier: MIT */
/* Waiting: timers, several futures, coroutines, conditions, and the order of wake-ups. */
#include "core_fixture.h"

static json_t *work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

/* ---- timers */

static json_t *timers(wf_ctx *wf, const json_t *in)
{
	int64_t before = wf_now(wf);

	(void)in;
	wf_sleep(wf, 0);
	if (wf_sleep(wf, WF_SECONDS(2)) < 0)
		return NULL;
	if (!wf_await(wf, wf_timer(wf, 500)))
		return NULL;
	return json_integer(wf_now(wf) - before);
}

static void test_timers(void)
{
	struct core_test t;

	start(&t, "timers", "null");
	is_str(asked(&t), "1 timer 2000", "a sleep is a timer, no sleep is none");
	fired(&t, 1, 2003);
	is_str(asked(&t), "2 timer 2503", "the next one counts from the time that was told");
	t.at -= 10000;
	fired(&t, 2, 0);
	is_str(ended(&t), "completed 2003", "time never goes back");
	finish(&t);
}

static void test_waits_are_told(void)
{
	struct core_test t;
	json_t *waits;
	char *text;

	start(&t, "timers", "null");
	waits = core_waits(t.core);
	text = json_dumps(waits, JSON_COMPACT);
	is_str(text, "[{\"kind\":\"timer\",\"cmd\":1,\"until\":1700000002000}]",
	       "what it waits for is told");
	free(text);
	json_decref(waits);
	finish(&t);
}

/* ---- several futures */

static json_t *first_of_three(wf_ctx *wf, const json_t *in)
{
	wf_future *futures[3];
	size_t first;

	for (int i = 0; i < 3; i++)
		futures[i] = wf_start(wf, work, in);
	first = wf_await_any(wf, futures, 3);
	if (wf_ready(futures[first]) && !wf_ready(futures[(first + 1) % 3]))
		wf_log(wf, "first is %zu", first);
	wf_await_any(wf, futures + 1, 2);
	for (int i = 0; i < 3; i++)
		wf_forget(wf, futures[i]);
	return wf_json(wf, "i", (int)first);
}

static json_t *any_of_many(wf_ctx *wf, const json_t *in)
{
	wf_future *futures[40];
	size_t sum = 0;

	for (int i = 0; i < 40; i++)
		futures[i] = wf_start(wf, work, in);
	for (size_t left = 40; left > 0; left--) {
		size_t i = wf_await_any(wf, futures, left);
		sum = sum * 7 % 1000003 + i;
		wf_forget(wf, futures[i]);
		futures[i] = futures[left - 1];
	}
	return json_integer((json_int_t)sum);
}

static json_t *all_of_three(wf_ctx *wf, const json_t *in)
{
	wf_future *futures[3];

	for (int i = 0; i < 3; i++)
		futures[i] = wf_start(wf, work, in);
	if (wf_await_all(wf, futures, 3))
		return wf_json(wf, "s", "all well");
	return wf_json(wf, "[s, b, b]", wf_error(wf)->type, wf_value(futures[0]) != NULL,
		       wf_future_error(futures[1]) == wf_error(wf));
}

static void test_several(void)
{
	struct core_test t;

	start(&t, "first_of_three", "1");
	asked(&t);
	completed(&t, 2, "2");
	is_str(asked(&t), "log first is 1", "wf_await_any tells which one is there");
	is_str(ended(&t), "completed 1", "and at once when one is there already");
	is_int(completed(&t, 3, "3"), 0, "an outcome after the end is accepted");
	is_int(completed(&t, 1, "1"), 0, "each of them");
	finish(&t);
	start(&t, "any_of_many", "1");
	for (int i = 0; i < 40; i++)
		is_int(completed(&t, (uint64_t)(i * 17 % 40 + 1), "1"), 0,
		       "outcome %d of 40 is taken", i);
	is_int(core_status(t.core), CORE_COMPLETED,
	       "wf_await_any over a set that shrinks comes to its end");
	finish(&t);
	start(&t, "any_of_many", "1");
	is_int(core_waiting(t.core), 40, "and may be dropped while it waits");
	finish(&t);
	start(&t, "all_of_three", "1");
	failed(&t, 3, "third");
	failed(&t, 2, "second");
	is_str(ended(&t), "running", "wf_await_all waits for all, though some failed");
	completed(&t, 1, "1");
	is_str(ended(&t), "completed [\"third\",true,false]",
	       "and tells the one that failed first");
	finish(&t);
	start(&t, "all_of_three", "1");
	for (int i = 3; i > 0; i--)
		completed(&t, (uint64_t)i, "1");
	is_str(ended(&t), "completed \"all well\"", "or that none did");
	finish(&t);
}

/* ---- coroutines */

struct line {
	char name;
	wf_future *gate;
	struct buf *trace;
};

static json_t *follow(wf_ctx *wf, void *arg)
{
	struct line *line = arg;

	buf_addf(line->trace, "%c1 ", line->name);
	wf_await(wf, line->gate);
	buf_addf(line->trace, "%c2 ", line->name);
	return wf_json(wf, "s#", &line->name, 1);
}

static struct buf trace;

static json_t *spawner(wf_ctx *wf, const json_t *in)
{
	wf_future *gate = wf_start(wf, work, in), *lines[3];
	struct line each[3];

	for (int i = 0; i < 3; i++) {
		each[i] = (struct line){(char)('a' + i), gate, &trace};
		lines[i] = wf_spawn(wf, follow, &each[i]);
	}
	buf_adds(&trace, "main ");
	if (!wf_await_all(wf, lines, 3))
		return NULL;
	buf_adds(&trace, "main");
	return wf_json(wf, "[O, O, O]", wf_value(lines[0]), wf_value(lines[1]), wf_value(lines[2]));
}

static void test_order(void)
{
	struct core_test t;

	start(&t, "spawner", "1");
	is_str(trace.data, "main a1 b1 c1 ",
	       "a new coroutine runs once its maker waits, first made first");
	completed(&t, 1, "1");
	is_str(trace.data, "main a1 b1 c1 a2 b2 c2 main", "first to wait is first to wake");
	is_str(ended(&t), "completed [\"a\",\"b\",\"c\"]",
	       "the future of a coroutine is what it returns");
	finish(&t);
	buf_release(&trace);
}

static json_t *part(wf_ctx *wf, void *arg)
{
	json_t *value = wf_step(wf, work, arg);

	return json_object_get(value, "inner");
}

static json_t *quiet_failure(wf_ctx *wf, void *arg)
{
	(void)arg;
	return wf_throw(wf, "quiet", "number %d", 7);
}

static json_t *coroutine_values(wf_ctx *wf, const json_t *in)
{
	wf_future *a = wf_spawn(wf, part, (void *)(uintptr_t)in),
		  *b = wf_spawn(wf, quiet_failure, NULL);
	json_t *value;

	wf_forget(wf, wf_spawn(wf, quiet_failure, NULL));
	value = wf_await(wf, a);
	if (wf_await(wf, b) || strcmp(wf_error(wf)->message, "number 7") != 0)
		return NULL;
	return value;
}

static void test_coroutine_values(void)
{
	struct core_test t;

	start(&t, "coroutine_values", "1");
	completed(&t, 1, "{\"inner\":[4]}");
	is_str(ended(&t), "completed [4]",
	       "a coroutine may return a part of what was lent, and fail");
	finish(&t);
}

/* Lines that are left behind when the workflow ends. */
static json_t *endless(wf_ctx *wf, void *arg)
{
	while (wf_step(wf, work, arg) || wf_sleep(wf, 1000) == 0)
		;
	return NULL;
}

static json_t *leaves_them(wf_ctx *wf, const json_t *in)
{
	for (int i = 0; i < 20; i++)
		wf_spawn(wf, endless, (void *)(uintptr_t)in);
	if (!wf_sleep(wf, 5000) && json_is_true(in))
		return wf_throw(wf, "late", "too late");
	return json_null();
}

static void test_left_behind(void)
{
	struct core_test t;

	for (int fails = 0; fails < 2; fails++) {
		start(&t, "leaves_them", fails ? "true" : "false");
		fired(&t, 1, 5000);
		is_str(ended(&t), fails ? "failed late: too late" : "completed null",
		       "a workflow ends without its coroutines");
		is_str(asked(&t), "", "what was not served yet is not asked for any more");
		is_int(completed(&t, 2, "1"), 0, "what was served may have its outcome");
		is_str(asked(&t), "", "but nothing comes of it");
		finish(&t);
	}
}

/* ---- conditions */

static json_t *add(wf_ctx *wf, void *arg)
{
	int *sum = arg;
	json_t *value = wf_step(wf, work, json_true());

	*sum += (int)json_integer_value(value);
	return json_null();
}

static bool is_five(wf_ctx *wf, void *arg)
{
	(void)wf;
	return *(int *)arg >= 5;
}

static json_t *until_five(wf_ctx *wf, const json_t *in)
{
	int sum = 0;
	bool held;

	for (int i = 0; i < 3; i++)
		wf_spawn(wf, add, &sum);
	held = wf_condition(wf, is_five, &sum, (wf_duration)json_integer_value(in));
	return wf_json(wf, "[b, i]", held, sum);
}

static void test_condition(void)
{
	struct core_test t;

	start(&t, "until_five", "0");
	is_str(asked(&t), "1 step work true; 2 step work true; 3 step work true",
	       "no timer where no time-out");
	completed(&t, 1, "2");
	is_str(ended(&t), "running", "it does not hold yet");
	completed(&t, 3, "3");
	is_str(ended(&t), "completed [true,5]",
	       "a condition is judged after everything that happens");
	finish(&t);
	start(&t, "until_five", "9000");
	is_str(asked(&t), "1 timer 9000; 2 step work true; 3 step work true; 4 step work true",
	       "a time-out");
	fired(&t, 1, 9000);
	is_str(ended(&t), "completed [false,0]", "that passes first");
	finish(&t);
	start(&t, "until_five", "-3");
	is_str(ended(&t), "completed [false,0]", "a negative one is refused");
	finish(&t);
}

static bool is_set(wf_ctx *wf, void *arg)
{
	(void)wf;
	return *(bool *)arg;
}

static json_t *with_timeout(wf_ctx *wf, const json_t *in)
{
	int sum = 0;

	wf_spawn(wf, add, &sum);
	if (!wf_condition(wf, is_five, &sum, 1000))
		return wf_throw(wf, "late", "not in time");
	return wf_step(wf, work, in);
}

static void test_condition_cancels(void)
{
	struct core_test t;

	start(&t, "with_timeout", "1");
	is_str(asked(&t), "1 timer 1000; 2 step work true", "the timer is asked for first");
	completed(&t, 2, "5");
	is_str(asked(&t), "cancel 1; 3 step work 1", "and given up when the condition holds");
	is_int(core_waiting(t.core), 1, "it counts no more");
	is_int(fired(&t, 1, 1000), 0, "it may have fired in the same moment");
	is_str(ended(&t), "running", "which changes nothing");
	is_int(fired(&t, 1, 0), -ERR_NONDETERMINISTIC, "but only once");
	finish(&t);
	start(&t, "with_timeout", "1");
	asked(&t);
	t.err = (struct err)ERR_INIT;
	completed(&t, 2, "5");
	core_next(t.core);
	finish(&t);
}

/* A mutex of the workflow's own: one after another, in the order of waiting. */
struct turn {
	bool *taken;
	int number;
};

static bool is_free(wf_ctx *wf, void *arg)
{
	(void)wf;
	return !**(bool **)arg;
}

static json_t *take_turn(wf_ctx *wf, void *arg)
{
	struct turn *turn = arg;
	json_t *number = json_integer(turn->number), *done;

	if (!wf_condition(wf, is_free, &turn->taken, 0))
		return NULL;
	*turn->taken = true;
	done = wf_step(wf, work, number);
	*turn->taken = false;
	json_decref(number);
	return done;
}

static json_t *turns(wf_ctx *wf, const json_t *in)
{
	wf_future *lines[4];
	struct turn each[4];
	bool taken = false;

	(void)in;
	for (int i = 0; i < 4; i++) {
		each[i] = (struct turn){&taken, i};
		lines[i] = wf_spawn(wf, take_turn, &each[i]);
	}
	return wf_await_all(wf, lines, 4) ? json_true() : NULL;
}

static void test_turns(void)
{
	struct core_test t;
	char want[40];

	start(&t, "turns", "null");
	for (int i = 0; i < 4; i++) {
		snprintf(want, sizeof want, "%d step work %d", i + 1, i);
		is_str(asked(&t), want, "one at a time takes its turn, in the order of waiting");
		completed(&t, (uint64_t)i + 1, "1");
	}
	is_str(ended(&t), "completed true", "all had theirs");
	finish(&t);
}

static bool asks(wf_ctx *wf, void *arg)
{
	*(bool *)arg = wf_step(wf, work, NULL) == NULL && wf_sleep(wf, 10) < 0 &&
		       strcmp(wf_error(wf)->type, "wrong_place") == 0;
	return *(bool *)arg;
}

static json_t *asking_predicate(wf_ctx *wf, const json_t *in)
{
	bool refused = false;

	(void)in;
	wf_condition(wf, asks, &refused, 0);
	return json_boolean(refused);
}

static json_t *never_true(wf_ctx *wf, const json_t *in)
{
	bool set = false;

	(void)in;
	wf_condition(wf, is_set, &set, 0);
	return json_null();
}

static void test_predicates(void)
{
	struct core_test t;
	json_t *waits;

	start(&t, "asking_predicate", "null");
	is_str(ended(&t), "completed true", "a predicate that asks or waits is told off");
	finish(&t);
	start(&t, "never_true", "null");
	waits = core_waits(t.core);
	is_str(json_string_value(json_object_get(json_array_get(waits, 0), "kind")), "condition",
	       "a condition is told among the waits");
	is_int(core_waiting(t.core), 0, "though no command is open");
	json_decref(waits);
	finish(&t);
}

/* Many time-outs that never pass: what was given up is forgotten in time. */
static json_t *many_conditions(wf_ctx *wf, const json_t *in)
{
	for (int i = 0; i < 5000; i++) {
		int sum = 0;
		wf_forget(wf, wf_spawn(wf, add, &sum));
		if (!wf_condition(wf, is_five, &sum, 1000))
			return NULL;
	}
	return (json_t *)(uintptr_t)in;
}

static void test_many_conditions(void)
{
	struct core_test t;
	bool well = true;

	start(&t, "many_conditions", "7");
	for (uint64_t i = 1; i <= 5000; i++)
		well = well && completed(&t, 2 * i, "5") == 0;
	ok(well, "thousands of time-outs are given up");
	is_str(ended(&t), "completed 7", "and the workflow goes on");
	is_int(fired(&t, 1, 0), 0, "one given up long ago may still fire");
	is_int(fired(&t, 9999, 0), 0, "and one given up just now");
	finish(&t);
}

static json_t *nowhere(wf_ctx *wf, const json_t *in)
{
	wf_future *none[2] = {NULL, NULL};

	if (!wf_ready(NULL) || wf_value(NULL) || wf_await(wf, NULL) ||
	    strcmp(wf_error(wf)->type, "no_future") != 0 || wf_await_all(wf, none, 2) ||
	    wf_await_any(wf, none, 2) != 0 || wf_await_any(wf, NULL, 0) != 0)
		return NULL;
	wf_forget(wf, NULL);
	wf_release(wf, NULL);
	wf_release(wf, in);
	return wf_await_all(wf, NULL, 0) ? json_true() : NULL;
}

static json_t *released(wf_ctx *wf, const json_t *in)
{
	wf_future *future = wf_start(wf, work, in);
	json_t *value = wf_await(wf, future);

	wf_release(wf, value);
	return wf_value(future) ? NULL : wf_json(wf, "s", "gone");
}

static void test_missing(void)
{
	struct core_test t;

	start(&t, "nowhere", "{}");
	is_str(ended(&t), "completed true", "what is not there is a failure, not a crash");
	finish(&t);
	start(&t, "released", "{}");
	completed(&t, 1, "[1]");
	is_str(ended(&t), "completed \"gone\"", "a value that was given back is gone");
	finish(&t);
}

WF_MODULE(WF_WORKFLOW(timers), WF_WORKFLOW(first_of_three), WF_WORKFLOW(any_of_many),
	  WF_WORKFLOW(all_of_three), WF_WORKFLOW(spawner), WF_WORKFLOW(coroutine_values),
	  WF_WORKFLOW(leaves_them), WF_WORKFLOW(until_five), WF_WORKFLOW(with_timeout),
	  WF_WORKFLOW(turns), WF_WORKFLOW(asking_predicate), WF_WORKFLOW(never_true),
	  WF_WORKFLOW(many_conditions), WF_WORKFLOW(nowhere), WF_WORKFLOW(released), WF_STEP(work))

int main(void)
{
	test_timers();
	test_waits_are_told();
	test_several();
	test_order();
	test_coroutine_values();
	test_left_behind();
	test_condition();
	test_condition_cancels();
	test_turns();
	test_predicates();
	test_many_conditions();
	test_missing();
	return done_testing();
}
