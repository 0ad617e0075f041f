/* SPDX-License-Identifier: MIT */
/* One call of a step function: what it may return, say and ask. */
#include "base/buf.h"
#include "engine/attempt_run.h"
#include "oom.h"
#include "tap.h"

static char *run_with(struct attempt_call call, bool *ret_completed)
{
	struct buf text = BUF_INIT;

	call.run_id = "r";
	call.key = "k";
	call.attempt = 1;
	*ret_completed = attempt_run(&call, &text);
	return buf_detach(&text);
}

static void check(struct attempt_call call, bool completed, const char *want, const char *name)
{
	bool got;
	char *text = run_with(call, &got);

	is_int(got, completed, "%s: %s", name, completed ? "completed" : "failed");
	is_str(text, want, "%s: text", name);
	free(text);
}

static json_t *give_input(wf_attempt *a, const json_t *in)
{
	(void)a;
	return (json_t *)(uintptr_t)in;
}

static json_t *give_part(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_array_get(json_object_get(in, "list"), 1);
}

static json_t *give_own(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_pack("{s:O}", "own", in);
}

static json_t *give_details(wf_attempt *a, const json_t *in)
{
	(void)in;
	return (json_t *)(uintptr_t)wf_heartbeat_details(a);
}

static json_t *give_nothing(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return NULL;
}

static json_t *give_depth(wf_attempt *a, const json_t *in)
{
	json_t *outer = json_array();

	(void)a;
	(void)in;
	for (int i = 0; i < 3000; i++)
		outer = json_pack("[o]", outer);
	return outer;
}

static json_t *circle;

static json_t *give_circle(wf_attempt *a, const json_t *in)
{
	json_t *outer = json_array(), *inner = json_array();

	(void)a;
	(void)in;
	json_array_append_new(outer, inner);
	json_array_append(inner, outer);
	circle = outer;
	return outer;
}

static json_t *fail_twice(wf_attempt *a, const json_t *in)
{
	(void)in;
	wf_fail_permanently(a, "first", "%s", "one");
	wf_fail_details(a, json_string("old"));
	wf_fail_details(a, json_pack("[i]", 2));
	return wf_fail(a, "second", "\xff%c", 1);
}

static json_t *fail_without_type(wf_attempt *a, const json_t *in)
{
	(void)in;
	return wf_fail(a, NULL, "why");
}

static json_t *alone(wf_attempt *a, const json_t *in)
{
	(void)in;
	return json_pack("[b, i, s, s]", wf_cancelled(a), wf_heartbeat(a, NULL),
			 wf_attempt_run_id(a), wf_idempotency_key(a));
}

struct listener {
	int beats;
	bool stop;
};

static void on_beat(void *arg, const json_t *details)
{
	struct listener *l = arg;

	l->beats += details ? 10 : 1;
}

static bool is_stopped(void *arg)
{
	return ((struct listener *)arg)->stop;
}

static json_t *beat(wf_attempt *a, const json_t *in)
{
	int first = wf_heartbeat(a, in), second = wf_heartbeat(a, NULL);

	return json_pack("[i, i, b]", first, second, wf_cancelled(a));
}

static void test_results(void)
{
	json_t *in = json_pack("{s:[i,{s:i}]}", "list", 1, "deep", 2);

	check((struct attempt_call){.step = give_input, .input = in}, true,
	      "{\"list\":[1,{\"deep\":2}]}", "the borrowed input");
	check((struct attempt_call){.step = give_part, .input = in}, true, "{\"deep\":2}",
	      "a borrowed part of it");
	check((struct attempt_call){.step = give_own, .input = in}, true,
	      "{\"own\":{\"list\":[1,{\"deep\":2}]}}", "an own value around it");
	is_int(in->refcount, 1, "nobody keeps or drops the input");
	is_int(json_array_get(json_object_get(in, "list"), 1)->refcount, 1, "nor a part of it");
	check((struct attempt_call){.step = give_details, .input = in, .details = "{\"at\":7}"},
	      true, "{\"at\":7}", "what the last attempt said");
	check((struct attempt_call){.step = give_details, .input = in}, false,
	      "{\"type\":\"failed\",\"message\":\"the step returned nothing and did not say why\"}",
	      "nothing said");
	check((struct attempt_call){.step = give_input, .input = in, .max_result = 25}, true,
	      "{\"list\":[1,{\"deep\":2}]}", "a result as large as allowed");
	check((struct attempt_call){.step = give_input, .input = in, .max_result = 22}, false,
	      "{\"type\":\"result_too_large\",\"message\":\"the result has 23 bytes, and at most 22 are allowed\","
	      "\"permanent\":true}",
	      "a result one byte larger");
	json_decref(in);
}

static json_t *give_bytes(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_stringn_nocheck("\xff", 1);
}

/* Promise 3: want of memory says nothing about a result, so the step may be tried again. */
static void test_memory(void)
{
	json_t *in = json_pack("{s:s, s:[i]}", "a", "text", "list", 1);
	int failed = 0, final = 0;

	for (long n = 0; n < 40; n++) {
		struct buf text = BUF_INIT;
		struct attempt_call call = {
			.step = give_input, .input = in, .run_id = "r", .key = "k", .attempt = 1};

		oom_once(n);
		failed += !attempt_run(&call, &text);
		oom_off();
		final += buf_ok(&text) && text.data && strstr(text.data, "\"permanent\":true");
		buf_release(&text);
	}
	is_int(final, 0, "no failed allocation is a final failure of the step");
	if (oom_works())
		ok(failed > 1, "%d of them failed the attempt", failed);
	json_decref(in);
	check((struct attempt_call){.step = give_bytes}, false,
	      "{\"type\":\"bad_result\",\"message\":\"the result cannot be written as JSON "
	      "(too deep, or it holds itself)\",\"permanent\":true}",
	      "a result that is not UTF-8");
}

static void test_failures(void)
{
	json_t *inner;

	check((struct attempt_call){.step = give_nothing}, false,
	      "{\"type\":\"failed\",\"message\":\"the step returned nothing and did not say why\"}",
	      "no result");
	check((struct attempt_call){.step = give_depth}, false,
	      "{\"type\":\"bad_result\",\"message\":\"the result cannot be written as JSON "
	      "(too deep, or it holds itself)\",\"permanent\":true}",
	      "a result that is too deep");
	check((struct attempt_call){.step = give_circle}, false,
	      "{\"type\":\"bad_result\",\"message\":\"the result cannot be written as JSON "
	      "(too deep, or it holds itself)\",\"permanent\":true}",
	      "a result that holds itself");
	inner = json_incref(json_array_get(circle, 0));
	json_array_clear(inner);
	json_decref(inner);
	check((struct attempt_call){.step = fail_twice}, false,
	      "{\"type\":\"second\",\"message\":\"\xef\xbf\xbd\\u0001\",\"details\":[2]}",
	      "the last failure counts");
	check((struct attempt_call){.step = fail_without_type}, false,
	      "{\"type\":\"failed\",\"message\":\"why\"}", "a failure without a type");
}

static void test_asking(void)
{
	struct listener l = {0, false};
	struct attempt_call call = {
		.step = beat, .heartbeat = on_beat, .cancelled = is_stopped, .arg = &l};

	check((struct attempt_call){.step = alone}, true, "[false,0,\"r\",\"k\"]",
	      "with nobody listening");
	call.input = json_true();
	check(call, true, "[0,0,false]", "with a listener");
	is_int(l.beats, 11, "who hears both heartbeats");
	l.stop = true;
	check(call, true, "[-1,-1,true]", "asked to stop");
}

int main(void)
{
	test_results();
	test_failures();
	test_memory();
	test_asking();
	return done_testing();
}
