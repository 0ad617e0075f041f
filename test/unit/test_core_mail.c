/* SPDX-License-Identifier: MIT */
/* Signals and updates in the core: who gets them, what is asked for, what a replay accepts. */
#include "core_fixture.h"

static json_t *work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *two(wf_ctx *wf, const json_t *in)
{
	const json_t *a = wf_receive(wf, "a");
	const json_t *b = wf_receive_now(wf, "b");

	(void)in;
	return a ? wf_json(wf, "[O, o]", a, b ? json_incref((json_t *)(uintptr_t)b) : json_null())
		 : NULL;
}

static bool is_number(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)arg;
	wf_random(wf);
	return json_is_integer(argument) || wf_throw(wf, "no_number", "a number is wanted");
}

static json_t *keep(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)arg;
	return wf_step(wf, work, argument);
}

static json_t *updatable(wf_ctx *wf, const json_t *in)
{
	(void)in;
	wf_on_update(wf, "keep", is_number, keep, NULL);
	return wf_receive(wf, "end") ? wf_json(wf, "I", (json_int_t)(wf_random(wf) % 1000)) : NULL;
}

WF_MODULE(WF_WORKFLOW(two), WF_WORKFLOW(updatable), WF_STEP(work))

static int signal_in(struct core_test *t, const char *name, const char *payload)
{
	return feedf(t, "{\"type\":\"signal_received\",\"name\":\"%s\",\"payload\":%s}", name,
		     payload);
}

static void test_unread_waits(void)
{
	struct core_test t;

	start(&t, "two", "null");
	signal_in(&t, "b", "1");
	signal_in(&t, "b", "2");
	is_str(ended(&t), "running", "a signal of another name wakes nobody");
	signal_in(&t, "a", "0");
	is_str(ended(&t), "completed [0,1]", "unread signals wait in order");
	json_t *unread = core_unread(t.core);
	char *text = json_dumps(unread, JSON_COMPACT);
	is_str(text, "[{\"name\":\"b\",\"payload\":2}]", "what nobody read is told");
	free(text);
	json_decref(unread);
	is_int(signal_in(&t, "a", "3"), 0, "one that comes after the end harms nothing");
	finish(&t);
}

static int validated(struct core_test *t, const char *payload)
{
	json_t *value = json_loads(payload, JSON_DECODE_ANY, NULL), *error = NULL;
	int rc = core_validate(t->core, "keep", value, &error, &t->err);

	json_decref(value);
	json_decref(error);
	return rc;
}

/* judged: how often the validator is called, which a replay does not do. */
static const char *update_story(struct core_test *t, int judged)
{
	start(t, "updatable", "null");
	for (int i = 0; i < judged; i++)
		is_int(validated(t, i % 2 ? "\"x\"" : "1"), i % 2, "the validator judges");
	feed(t, "{\"type\":\"update_accepted\",\"update\":\"u\",\"name\":\"keep\",\"payload\":7}");
	is_str(asked(t), "1 step work 7", "an accepted update begins its handler");
	completed(t, 1, "8");
	is_str(asked(t), "update u completed 8", "and its end is to be recorded");
	feed(t, "{\"type\":\"update_completed\",\"update\":\"u\",\"result\":8}");
	signal_in(t, "end", "null");
	return ended(t);
}

static void test_update(void)
{
	struct core_test a, b;

	update_story(&a, 3);
	is_str(update_story(&b, 0), ended(&a),
	       "promise 4: a validator leaves no trace, not even in chance");
	finish(&a);
	finish(&b);
}

static void test_update_differs(void)
{
	struct core_test t;

	start(&t, "updatable", "null");
	feed(&t, "{\"type\":\"update_accepted\",\"update\":\"u\",\"name\":\"keep\",\"payload\":7}");
	is_int(feed(&t, "{\"type\":\"update_completed\",\"update\":\"u\",\"result\":8}"),
	       -ERR_NONDETERMINISTIC, "promise 4: an end that the handler has not reached");
	finish(&t);
	start(&t, "two", "null");
	is_int(feed(&t, "{\"type\":\"update_accepted\",\"update\":\"u\",\"name\":\"keep\","
			"\"payload\":7}"),
	       -ERR_NONDETERMINISTIC, "promise 4: an update without a handler");
	finish(&t);
}

int main(void)
{
	test_unread_waits();
	test_update();
	test_update_differs();
	return done_testing();
}
