/* SPDX-License-Identifier: MIT */
/* Failing: what is thrown, its causes, compensations, calls from a wrong place, no memory for a
 * stack. */
#include "core_fixture.h"

#include <sys/resource.h>
#include <threads.h>

static json_t *book(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *cancel(wf_attempt *a, const json_t *in)
{
	return book(a, in);
}

static json_t *pay(wf_attempt *a, const json_t *in)
{
	return book(a, in);
}

static json_t *unlisted(wf_attempt *a, const json_t *in)
{
	return book(a, in);
}

/* The error of a run, without what the test does not want to see. */
static const char *error_text(struct core_test *t, const char *member)
{
	char *text = json_dumps(json_object_get(core_error(t->core), member),
				JSON_COMPACT | JSON_ENCODE_ANY);

	buf_clear(&t->text);
	buf_adds(&t->text, text ? text : "none");
	free(text);
	return t->text.data;
}

/* ---- compensations */

static json_t *trip(wf_ctx *wf, const json_t *in)
{
	static const char *const places[] = {"flight", "hotel", "car"};

	for (size_t i = 0; i < 3; i++) {
		json_t *place = json_string(places[i]);
		json_t *booked = wf_step(wf, book, place);
		if (booked)
			wf_compensate(wf, cancel, place);
		json_decref(place);
		if (!booked)
			return NULL;
	}
	wf_compensate_shell(wf, "undo", "rm -f ticket");
	wf_compensate_exec(wf, "clean", WF_ARGV("rm", "-f", "x"));
	if (json_is_true(in))
		wf_compensations_done(wf);
	return wf_step(wf, pay, in);
}

static void book_all(struct core_test *t, const char *input)
{
	start(t, "trip", input);
	for (uint64_t i = 1; i <= 3; i++)
		completed(t, i, "\"ok\"");
	asked(t);
}

static void test_compensation(void)
{
	struct core_test t;

	book_all(&t, "null");
	failed(&t, 4, "no_money");
	is_str(asked(&t), "5 step clean {\"argv\":[\"rm\",\"-f\",\"x\"]}",
	       "the last registered is the first to run");
	completed(&t, 5, "null");
	is_str(asked(&t), "6 step undo {\"shell\":\"rm -f ticket\"}", "one after another");
	completed(&t, 6, "null");
	is_str(asked(&t), "7 step cancel \"car\"", "with the input that it was registered with");
	failed(&t, 7, "no_answer");
	is_str(asked(&t), "8 step cancel \"hotel\"", "the rest run though one failed");
	completed(&t, 8, "null");
	is_str(ended(&t), "running", "the run has not failed yet");
	completed(&t, 9, "null");
	is_str(ended(&t), "failed no_money: it went wrong",
	       "the failure stays the one that began it");
	is_str(error_text(&t, "compensations"),
	       "[{\"type\":\"no_answer\",\"message\":\"it went wrong\",\"step\":\"cancel\",\"attempts\":3}]",
	       "what could not be undone is noted");
	finish(&t);
	book_all(&t, "null");
	completed(&t, 4, "1");
	is_str(ended(&t), "completed 1", "no compensation runs if all goes well");
	finish(&t);
	book_all(&t, "true");
	failed(&t, 4, "no_money");
	is_str(ended(&t), "failed no_money: it went wrong", "none after wf_compensations_done");
	is_str(error_text(&t, "compensations"), "none", "nothing is noted then");
	finish(&t);
	start(&t, "trip", "null");
	completed(&t, 1, "1");
	failed(&t, 2, "full");
	asked(&t);
	finish(&t);
}

static json_t *bad_compensation(wf_ctx *wf, const json_t *in)
{
	wf_compensate(wf, cancel, in);
	wf_compensate(wf, unlisted, in);
	return wf_step(wf, pay, in);
}

static json_t *bad_in_coroutine(wf_ctx *wf, void *arg)
{
	wf_step(wf, book, arg);
	wf_json(wf, "{s:nonsense}", "a");
	return wf_step(wf, pay, arg);
}

static json_t *bad_json(wf_ctx *wf, const json_t *in)
{
	wf_compensate(wf, cancel, in);
	wf_spawn(wf, bad_in_coroutine, (void *)(uintptr_t)in);
	return wf_step(wf, pay, in);
}

static void test_abort(void)
{
	struct core_test t;

	start(&t, "bad_compensation", "1");
	is_str(asked(&t), "1 step cancel 1",
	       "a compensation that cannot be run ends the workflow there");
	completed(&t, 1, "1");
	is_str(ended(&t),
	       "failed no_such_step: step 'unlisted' is not in the module; add WF_STEP(unlisted) to its WF_MODULE",
	       "and says why");
	finish(&t);
	start(&t, "bad_json", "1");
	completed(&t, 2, "1");
	is_str(asked(&t), "1 step pay 1; 3 step cancel 1",
	       "so does wf_json() with a bad format, from any coroutine");
	completed(&t, 1, "1");
	completed(&t, 3, "1");
	has_str(ended(&t), "failed bad_json: wf_json(\"{s:nonsense}\"): ", "it names the format");
	finish(&t);
}

/* ---- what is thrown */

static json_t *thrower(wf_ctx *wf, const json_t *in)
{
	if (!wf_step(wf, pay, in))
		return wf_throw(wf, "order_failed", "order %d of %s", 7, "Ann");
	wf_step(wf, book, in);
	if (!wf_sleep(wf, 1000))
		return wf_throw(wf, "unrelated", "bad \xff text");
	return NULL;
}

static json_t *deep_thrower(wf_ctx *wf, const json_t *in)
{
	(void)in;
	for (int i = 0; i < 100000; i++)
		wf_throw(wf, "again", "%d", i);
	return NULL;
}

static json_t *looker(wf_ctx *wf, const json_t *in)
{
	const wf_failure *before = wf_error(wf), *failure;

	wf_step(wf, pay, in);
	failure = wf_error(wf);
	wf_step(wf, book, in);
	if (before || wf_error(wf) != failure || failure->size != sizeof *failure)
		return NULL;
	return wf_json(wf, "[s, s, s, i, b, O, s]", failure->type, failure->message, failure->step,
		       failure->attempts, failure->permanent, failure->details,
		       failure->cause->type);
}

static void test_thrown(void)
{
	struct core_test t;
	const json_t *error;
	int depth = 0;

	start(&t, "thrower", "1");
	failed(&t, 1, "no_money");
	is_str(ended(&t), "failed order_failed: order 7 of Ann", "a workflow throws what it likes");
	is_str(error_text(&t, "cause"),
	       "{\"type\":\"no_money\",\"message\":\"it went wrong\",\"step\":\"pay\",\"attempts\":3}",
	       "what it reacts to is the cause");
	finish(&t);
	start(&t, "thrower", "1");
	completed(&t, 1, "1");
	failed(&t, 2, "full");
	fired(&t, 3, 1000);
	is_str(ended(&t), "failed unrelated: bad ? text", "text that is not UTF-8 is mended");
	is_str(error_text(&t, "cause"), "none",
	       "what went wrong before something went well is no cause");
	finish(&t);
	start(&t, "deep_thrower", "1");
	for (error = core_error(t.core); error; error = json_object_get(error, "cause"))
		depth++;
	is_int(depth, 16, "a chain of causes has an end");
	finish(&t);
	start(&t, "looker", "1");
	feed(&t,
	     "{\"type\":\"step_failed\",\"cmd\":1,\"attempt\":2,\"error\":{\"type\":\"x\",\"message\":\"m\","
	     "\"permanent\":true,\"details\":{\"a\":1},\"cause\":{\"type\":\"y\",\"message\":\"n\"}}}");
	completed(&t, 2, "1");
	is_str(ended(&t), "completed [\"x\",\"m\",\"pay\",2,true,{\"a\":1},\"y\"]",
	       "wf_error() tells all of it");
	finish(&t);
}

/* ---- the log */

static json_t *logger(wf_ctx *wf, const json_t *in)
{
	wf_log(wf, "before %s", wf_run_id(wf));
	wf_step(wf, book, in);
	wf_log(wf, "after, with %llu events", (unsigned long long)wf_history_length(wf));
	return json_null();
}

static void test_log(void)
{
	struct core_test t;

	start(&t, "logger", "1");
	is_str(asked(&t), "log before run-1; 1 step book 1",
	       "the log comes in order with what is asked for");
	completed(&t, 1, "1");
	is_str(asked(&t), "log after, with 2 events", "also what was said last");
	finish(&t);
	prepare(&t, "logger", "1");
	feed(&t, "{\"type\":\"run_started\"}");
	is_str(asked(&t), "", "nothing is served while replaying");
	core_set_live(t.core);
	is_str(asked(&t), "1 step book 1", "and the log is silent");
	finish(&t);
}

/* ---- side effects */

static json_t *toss(wf_ctx *wf, void *arg)
{
	(void)wf;
	return ++*(int *)arg == 1 ? json_string("heads") : NULL;
}

static json_t *tosses(wf_ctx *wf, const json_t *in)
{
	int count = 0;
	json_t *first = wf_side_effect(wf, toss, &count),
	       *second = wf_side_effect(wf, toss, &count);

	(void)in;
	return wf_json(wf, "[O, O, i]", first, second, count);
}

static void test_side_effect(void)
{
	struct core_test t;

	start(&t, "tosses", "1");
	for (uint64_t i = 1; i <= 2; i++) {
		const struct command *c = core_next(t.core);
		json_t *value = core_side_effect(t.core, c->id);
		char *text = json_dumps(value, JSON_ENCODE_ANY);
		is_int(c->kind, COMMAND_SIDE_EFFECT, "a side effect is asked for");
		feedf(&t, "{\"type\":\"side_effect\",\"cmd\":%d,\"value\":%s}", (int)i, text);
		json_decref(value);
		free(text);
	}
	is_str(ended(&t), "completed [\"heads\",null,2]",
	       "its value is what the function returned");
	finish(&t);
	prepare(&t, "tosses", "1");
	feed(&t, "{\"type\":\"run_started\"}");
	feed(&t, "{\"type\":\"side_effect\",\"cmd\":1,\"value\":\"tails\"}");
	feed(&t, "{\"type\":\"side_effect\",\"cmd\":2,\"value\":5}");
	is_str(ended(&t), "completed [\"tails\",5,0]",
	       "on replay it is what was recorded, and nothing is called");
	finish(&t);
}

/* ---- wrong places */

static wf_ctx *stolen;

static json_t *gives_away(wf_ctx *wf, const json_t *in)
{
	stolen = wf;
	return wf_step(wf, book, in);
}

static int call_everything(void *arg)
{
	wf_ctx *wf = arg;
	char uuid[37];
	int bad = 0;

	bad += wf_step(wf, book, NULL) != NULL;
	bad += wf_start(wf, book, NULL) != NULL;
	bad += wf_shell(wf, "x", "true") != NULL;
	bad += wf_exec(wf, "x", WF_ARGV("true")) != NULL;
	bad += wf_timer(wf, 5) != NULL;
	bad += wf_sleep(wf, 5) != -1;
	bad += wf_now(wf) != 0;
	bad += wf_random(wf) != 0;
	bad += strlen(wf_uuid(wf, uuid)) != 36;
	bad += wf_spawn(wf, NULL, NULL) != NULL;
	bad += wf_condition(wf, NULL, NULL, 5);
	bad += wf_await(wf, NULL) != NULL;
	bad += wf_await_any(wf, NULL, 3) != 0;
	bad += wf_await_all(wf, NULL, 3);
	bad += wf_side_effect(wf, NULL, NULL) != NULL;
	bad += wf_throw(wf, "x", "y") != NULL;
	bad += wf_json(wf, "{nonsense") != NULL;
	bad += strcmp(wf_run_id(wf), "") != 0;
	bad += wf_history_length(wf) != 0;
	bad += strcmp(wf_error(wf)->type, "wrong_place") != 0;
	wf_compensate(wf, cancel, NULL);
	wf_compensations_done(wf);
	wf_log(wf, "x");
	wf_forget(wf, NULL);
	wf_release(wf, NULL);
	return bad;
}

static json_t *calls_other_core(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return stolen == wf ? NULL : json_integer(call_everything(stolen));
}

static void test_wrong_place(void)
{
	struct core_test t, other;
	thrd_t thread;
	int bad = -1;

	start(&t, "gives_away", "5");
	is_int(call_everything(stolen), 0, "outside of its workflow each call refuses");
	is_int(call_everything(NULL), 0, "and without a context");
	if (thrd_create(&thread, call_everything, stolen) == thrd_success)
		thrd_join(thread, &bad);
	is_int(bad, 0, "and on another thread");
	start(&other, "calls_other_core", "null");
	is_str(ended(&other), "completed 0", "and in another run");
	finish(&other);
	is_str(asked(&t), "1 step book 5", "which harms nothing");
	completed(&t, 1, "1");
	is_str(ended(&t), "completed 1", "the workflow goes on");
	finish(&t);
}

static json_t *spawns_many(wf_ctx *wf, const json_t *in)
{
	(void)in;
	for (int i = 0; i < 10000; i++)
		wf_spawn(wf, bad_in_coroutine, NULL);
	return json_null();
}

/* Memory that runs out is the machine's failure, not the workflow's: the run can go on elsewhere.
 */
static void test_no_stack(void)
{
	struct rlimit old, tight;
	struct core_test t;
	int rc;

#if defined(__SANITIZE_ADDRESS__)
	skip_test("no memory for a stack", "the sanitizer needs the address space");
	return;
#endif
	prepare(&t, "spawns_many", "null");
	getrlimit(RLIMIT_AS, &old);
	tight = old;
	tight.rlim_cur = (rlim_t)512 * 1024 * 1024;
	setrlimit(RLIMIT_AS, &tight);
	rc = feed(&t, "{\"type\":\"run_started\"}");
	setrlimit(RLIMIT_AS, &old);
	is_int(rc, -ERR_NOMEM, "no memory for a stack is an error of the machine");
	is_str(ended(&t), "running", "the workflow has not failed");
	is_int(completed(&t, 1, "1"), -ERR_NOMEM, "and cannot go on here");
	finish(&t);
}

WF_MODULE(WF_WORKFLOW(trip), WF_WORKFLOW(bad_compensation), WF_WORKFLOW(bad_json),
	  WF_WORKFLOW(thrower), WF_WORKFLOW(deep_thrower), WF_WORKFLOW(looker), WF_WORKFLOW(logger),
	  WF_WORKFLOW(tosses), WF_WORKFLOW(gives_away), WF_WORKFLOW(calls_other_core),
	  WF_WORKFLOW(spawns_many), WF_STEP(book), WF_STEP(cancel), WF_STEP(pay))

int main(void)
{
	test_compensation();
	test_abort();
	test_thrown();
	test_log();
	test_side_effect();
	test_wrong_place();
	test_no_stack();
	return done_testing();
}
