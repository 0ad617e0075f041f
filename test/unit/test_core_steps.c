/* SPDX-License-Identifier: MIT */
/* Steps: asked for, answered, awaited, failed; what is lent and what is taken. */
#include "core_fixture.h"

#include <math.h>

static json_t *charge(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *refund(wf_attempt *a, const json_t *in)
{
	return charge(a, in);
}

static json_t *stranger(wf_attempt *a, const json_t *in)
{
	return charge(a, in);
}

static json_t *two_steps(wf_ctx *wf, const json_t *in)
{
	json_t *first = wf_step(wf, charge, in);

	return first ? wf_step(wf, refund, first) : NULL;
}

static void test_sequence(void)
{
	struct core_test t;

	start(&t, "two_steps", "{\"amount\":5}");
	is_str(asked(&t), "1 step charge {\"amount\":5}", "the first step is asked for");
	is_str(asked(&t), "", "and only once");
	is_int(core_waiting(t.core), 1, "one command is open");
	is_int(completed(&t, 1, "\"paid\""), 0, "its outcome is taken");
	is_str(asked(&t), "2 step refund \"paid\"", "the next one gets what it said");
	completed(&t, 2, "[1,2]");
	is_str(ended(&t), "completed [1,2]", "a value that was lent may be returned");
	is_int(core_waiting(t.core), 0, "nothing is open at the end");
	finish(&t);
}

static void test_failure(void)
{
	struct core_test t;

	start(&t, "two_steps", "1");
	failed(&t, 1, "no_money");
	is_str(ended(&t), "failed no_money: it went wrong",
	       "the failure of a step is that of the run");
	is_str(json_string_value(json_object_get(core_error(t.core), "step")), "charge",
	       "it names the step");
	is_int(json_integer_value(json_object_get(core_error(t.core), "attempts")), 3,
	       "and its attempts");
	is_str(asked(&t), "", "nothing more is asked for");
	finish(&t);
}

static json_t *part_of_input(wf_ctx *wf, const json_t *in)
{
	(void)wf;
	return json_object_get(in, "part");
}

static json_t *part_of_step(wf_ctx *wf, const json_t *in)
{
	json_t *value = wf_step(wf, charge, in);

	return json_array_get(json_object_get(value, "list"), 1);
}

static json_t *own_value(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_json(wf, "{s:[i,i]}", "list", 1, 2);
}

static json_t *the_input(wf_ctx *wf, const json_t *in)
{
	(void)wf;
	return (json_t *)(uintptr_t)in;
}

static json_t *nothing(wf_ctx *wf, const json_t *in)
{
	(void)wf;
	(void)in;
	return NULL;
}

static void test_ownership(void)
{
	static const struct {
		const char *workflow, *input, *want;
	} cases[] = {
		{"part_of_input", "{\"part\":{\"deep\":[1]}}", "completed {\"deep\":[1]}"},
		{"own_value", "null", "completed {\"list\":[1,2]}"},
		{"the_input", "[[]]", "completed [[]]"},
		{"nothing", "null",
		 "failed no_result: nothing returned neither a value nor a failure"},
	};
	struct core_test t;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		start(&t, cases[i].workflow, cases[i].input);
		is_str(ended(&t), cases[i].want, "%s may be returned", cases[i].workflow);
		finish(&t);
	}
	start(&t, "part_of_step", "null");
	completed(&t, 1, "{\"list\":[1,{\"x\":2}]}");
	is_str(ended(&t), "completed {\"x\":2}", "a part of what was lent may be returned");
	finish(&t);
}

static json_t *changed_input(wf_ctx *wf, const json_t *in)
{
	json_t *mine = json_object();
	wf_future *futures[2];

	(void)in;
	for (int i = 0; i < 2; i++) {
		json_object_set_new(mine, "i", json_integer(i));
		futures[i] = wf_start(wf, charge, mine);
	}
	json_decref(mine);
	return wf_await_all(wf, futures, 2) ? wf_value(futures[1]) : NULL;
}

static void test_fan_out(void)
{
	struct core_test t;

	start(&t, "changed_input", "null");
	is_str(asked(&t), "1 step charge {\"i\":0}; 2 step charge {\"i\":1}",
	       "a started step keeps the input that it was given");
	completed(&t, 2, "\"b\"");
	is_str(ended(&t), "running", "the other one is waited for");
	completed(&t, 1, "\"a\"");
	is_str(ended(&t), "completed \"b\"", "outcomes may come in any order");
	finish(&t);
}

static json_t *unknown_step(wf_ctx *wf, const json_t *in)
{
	if (!wf_step(wf, stranger, in))
		return NULL;
	return json_null();
}

static json_t *options_of(wf_ctx *wf, const json_t *in)
{
	static const char *never[] = {"fraud", "gone", NULL};

	wf_step(wf, charge, in, .timeout = WF_SECONDS(7), .retry = {.attempts = 4, .never = never});
	wf_step(wf, charge, in);
	wf_step(wf, refund, in, .at_most_once = true);
	return wf_shell(wf, "list", "ls", .directory = "/tmp", .any_exit = true, .capture = 99);
}

static void test_options(void)
{
	const struct command *c;
	struct core_test t;

	start(&t, "unknown_step", "null");
	is_str(ended(&t),
	       "failed no_such_step: step 'stranger' is not in the module; add WF_STEP(stranger) to its WF_MODULE",
	       "a step that the module does not name is an error");
	finish(&t);
	start(&t, "options_of", "null");
	c = core_next(t.core);
	is_int(c->step->timeout, 7000, "what the call says counts");
	is_int(c->step->heartbeat, 1500, "what only the module says counts");
	is_int(c->step->retry.attempts, 4, "attempts of the call");
	is_int(c->step->retry.first, 250, "first wait of the module");
	is_int(c->step->retry.longest, 25000, "longest wait is 100 times the first");
	ok(c->step->retry.factor == 2.0, "factor is 2");
	is_str(c->step->retry.never[1], "gone", "types that are final are copied");
	is_int(c->step->grace, 5000, "grace is 5 s");
	completed(&t, 1, "1");
	c = core_next(t.core);
	is_int(c->step->timeout, 3000, "the module's time-out where the call has none");
	ok(!c->step->retry.never, "no final types");
	completed(&t, 2, "1");
	c = core_next(t.core);
	ok(c->step->at_most_once && c->step->retry.attempts == 1, "at most once is one attempt");
	completed(&t, 3, "1");
	c = core_next(t.core);
	is_int(c->step->kind, STEP_SHELL, "a command");
	is_int(c->step->index, -1, "has no place in the module");
	ok(c->step->any_exit && c->step->capture == 99, "options of commands");
	is_str(json_string_value(json_object_get(c->step->input, "shell")), "ls", "its text");
	is_str(json_string_value(json_object_get(c->step->input, "directory")), "/tmp",
	       "its directory");
	finish(&t);
}

static json_t *bad_option(wf_ctx *wf, const json_t *in)
{
	int which = (int)json_integer_value(in);
	json_t *deep = json_array();

	switch (which) {
	case 0:
		wf_step(wf, charge, in, .timeout = -1);
		break;
	case 1:
		wf_step(wf, charge, in, .retry = {.factor = 0.5});
		break;
	case 2:
		wf_step(wf, charge, in, .retry = {.factor = NAN});
		break;
	case 3:
		wf_step(wf, charge, in, .retry = {.attempts = -2});
		break;
	case 4:
		wf_step(wf, charge, in, .retry = {.attempts = 2}, .at_most_once = true);
		break;
	case 5:
		wf_step(wf, charge, in, .directory = "/");
		break;
	case 6:
		wf_shell(wf, "x", "");
		break;
	case 7:
		wf_shell(wf, "", "true");
		break;
	case 8:
		wf_exec(wf, "x", WF_ARGV("a\xff"));
		break;
	case 9:
		wf_shell(wf, "x", "true", .environment = (const char *[]){"HOME", NULL});
		break;
	case 10:
		wf_sleep(wf, -5);
		break;
	case 11:
		wf_step(wf, charge, in, .heartbeat = INT64_MAX);
		break;
	default:
		for (int i = 0; i < 1001; i++) {
			json_t *outer = json_array();
			json_array_append_new(outer, deep);
			deep = outer;
		}
		wf_step(wf, charge, deep);
	}
	json_decref(deep);
	return NULL;
}

static void test_bad_options(void)
{
	static const char *const want[] = {
		"failed bad_option: step 'charge': timeout is negative",
		"failed bad_option: step 'charge': retry.factor is not between 1 and 1000000",
		"failed bad_option: step 'charge': retry.factor is not between 1 and 1000000",
		"failed bad_option: step 'charge': retry.attempts is negative",
		"failed bad_option: step 'charge': at_most_once cannot be had with 2 retry.attempts",
		"failed bad_option: step 'charge': directory is only for commands",
		"failed bad_option: step 'x': it has no command",
		"failed bad_option: step '': its name is empty, longer than 200 bytes or not UTF-8",
		"failed bad_option: step 'x': its words or its input are not UTF-8",
		"failed bad_option: step 'x': its environment is not NAME=VALUE in UTF-8",
		"failed bad_option: a wait of -5 ms is negative",
		"failed bad_option: step 'charge': heartbeat is longer than 100 years",
		"failed bad_input: step 'charge': its input is nested deeper than 1000 levels",
	};

	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		struct core_test t;
		char input[8];
		snprintf(input, sizeof input, "%zu", i);
		start(&t, "bad_option", input);
		is_str(ended(&t), want[i], "bad option %zu is named", i);
		is_str(asked(&t), "", "and nothing is asked for");
		finish(&t);
	}
}

static json_t *exec_words(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_exec(wf, "pack", ((const char *[]){"tar", "cf", "a b.tar", NULL}),
		       .stdin_text = "x", .environment = (const char *[]){"A=1", "B=x=y", NULL});
}

static void test_exec(void)
{
	struct core_test t;

	start(&t, "exec_words", "null");
	is_str(asked(&t),
	       "1 step pack {\"argv\":[\"tar\",\"cf\",\"a b.tar\"],\"environment\":{\"A\":\"1\",\"B\":\"x=y\"},"
	       "\"stdin\":\"x\"}",
	       "a command is its words, environment and input");
	finish(&t);
}

static void test_describe(void)
{
	struct buf out = BUF_INIT, input = BUF_INIT;
	struct core_test t;

	start(&t, "two_steps", "{\"a\":[1,2.5,null]}");
	core_describe_input(t.core, 1, &out);
	is_str(out.data, "\"step\":\"charge\",\"input\":{\"a\":[1,2.5,null]}",
	       "a small input is written as it is");
	finish(&t);
	buf_adds(&input, "{\"b\":1,\"a\":\"");
	for (int i = 0; i < 1100; i++)
		buf_addc(&input, 'x');
	buf_adds(&input, "\"}");
	start(&t, "two_steps", input.data);
	buf_clear(&out);
	core_describe_input(t.core, 1, &out);
	ok(strncmp(out.data, "\"step\":\"charge\",\"input_sha256\":\"", 32) == 0 &&
		   out.len == 32 + 64 + 1,
	   "a large one by its digest");
	buf_clear(&out);
	core_describe_input(t.core, 9, &out);
	is_int(out.len, 0, "what was not asked for is not described");
	finish(&t);
	buf_release(&out);
	buf_release(&input);
}

static json_t *large_result(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, charge, in);
}

static void test_payload(void)
{
	struct core_test t;

	start(&t, "large_result", "null");
	feed(&t, "{\"type\":\"step_completed\",\"cmd\":1,\"result_file\":\"large.json\"}");
	is_str(ended(&t), "completed \"large\"", "a result outside of the line is loaded");
	finish(&t);
	start(&t, "large_result", "null");
	is_int(feed(&t, "{\"type\":\"step_completed\",\"cmd\":1,\"result_file\":\"gone.json\"}"),
	       -ERR_DAMAGED, "one that is gone is damage");
	is_str(t.err.text, "no payload 'gone.json'", "and says so");
	finish(&t);
}

WF_MODULE(WF_WORKFLOW(two_steps), WF_WORKFLOW(part_of_input), WF_WORKFLOW(part_of_step),
	  WF_WORKFLOW(own_value), WF_WORKFLOW(the_input), WF_WORKFLOW(nothing),
	  WF_WORKFLOW(changed_input), WF_WORKFLOW(unknown_step), WF_WORKFLOW(options_of),
	  WF_WORKFLOW(bad_option), WF_WORKFLOW(exec_words), WF_WORKFLOW(large_result),
	  WF_STEP(charge, .timeout = WF_SECONDS(3), .heartbeat = 1500, .retry = {.first = 250}),
	  WF_STEP(refund))

int main(void)
{
	test_sequence();
	test_failure();
	test_ownership();
	test_fan_out();
	test_options();
	test_bad_options();
	test_exec();
	test_describe();
	test_payload();
	return done_testing();
}
