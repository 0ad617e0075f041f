/* SPDX-License-Identifier: MIT */
/* Promise 4: replay is exact or it stops, and says what differs. */
#include "core_fixture.h"

static json_t *one(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *two(wf_attempt *a, const json_t *in)
{
	return one(a, in);
}

/* The input of the run says what the workflow asks for: ["one", {"input":..}], ["sleep"],
 * ["return", X], ["throw"] ... */
static json_t *scripted(wf_ctx *wf, const json_t *in)
{
	const json_t *line;
	size_t i;

	json_array_foreach (in, i, line) {
		const char *what = json_string_value(json_array_get(line, 0));
		json_t *with = json_array_get(line, 1);
		if (strcmp(what, "one") == 0)
			wf_step(wf, one, with);
		else if (strcmp(what, "two") == 0)
			wf_step(wf, two, with);
		else if (strcmp(what, "start_one") == 0)
			wf_start(wf, one, with);
		else if (strcmp(what, "start_two") == 0)
			wf_start(wf, two, with);
		else if (strcmp(what, "sleep") == 0)
			wf_sleep(wf, 1000);
		else if (strcmp(what, "throw") == 0)
			return wf_throw(wf, "thrown", "it was thrown");
		else
			return with;
	}
	return json_null();
}

/* One disagreement: what the workflow does, the last event that does not fit, and parts of the
 * report. */
struct disagreement {
	const char *name, *script;
	const char *history[4];
	const char *first_line, *expected, *actual, *cause;
};

#define STEP(cmd, name, input) \
	"{\"type\":\"step_completed\",\"cmd\":" #cmd ",\"step\":\"" name "\",\"input\":" input \
	",\"result\":1}"
#define TIMER(cmd) "{\"type\":\"timer_fired\",\"cmd\":" #cmd "}"
#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct disagreement disagreements[] = {
	{"another step",
	 "[[\"two\", 5]]",
	 {STEP(1, "one", "5")},
	 "event 2 (step_completed) does not fit the workflow: step 'one' is recorded as command 1, but the "
	 "workflow asks for step 'two'",
	 "step 'one', input 5",
	 "step 'two', input 5",
	 "a step or wait was inserted, removed, renamed"},
	{"a step inserted",
	 "[[\"one\", 1], [\"two\", 2], [\"one\", 3]]",
	 {STEP(1, "one", "1"), STEP(2, "one", "3")},
	 "event 3 (step_completed) does not fit the workflow: step 'one' is recorded as command 2, but the "
	 "workflow asks for step 'two'",
	 "step 'one', input 3",
	 "step 'two', input 2",
	 "inserted"},
	{"steps reordered",
	 "[[\"start_two\", 2], [\"start_one\", 1], [\"sleep\"]]",
	 {STEP(1, "one", "1")},
	 "step 'one' is recorded as command 1, but the workflow asks for step 'two'",
	 "step 'one', input 1",
	 "step 'two', input 2",
	 "the order has changed: the workflow asks for it as command 2"},
	{"a wait for a step",
	 "[[\"sleep\"]]",
	 {STEP(1, "one", "1")},
	 "step 'one' is recorded as command 1, but the workflow asks for a timer",
	 "step 'one', input 1",
	 "a timer",
	 "inserted, removed, renamed"},
	{"a step for a wait",
	 "[[\"one\", 4]]",
	 {TIMER(1)},
	 "event 2 (timer_fired) does not fit the workflow: a timer is recorded as command 1, but the workflow "
	 "asks for step 'one'",
	 "a timer",
	 "step 'one', input 4",
	 "inserted, removed, renamed"},
	{"another input",
	 "[[\"one\", {\"a\": {\"b\": [1, 2, \"x\"]}}]]",
	 {STEP(1, "one", "{\"a\":{\"b\":[1,2,\"y\"]}}")},
	 "the input of step 'one' (command 1) differs at .a.b[2]: \"y\" is recorded, \"x\" is given",
	 "step 'one', input {\"a\":{\"b\":[1,2,\"y\"]}}",
	 "step 'one', input {\"a\":{\"b\":[1,2,\"x\"]}}",
	 "depends on something that is not in the history"},
	{"an input with the time",
	 "[[\"one\", {\"at\": 1700000100}]]",
	 {STEP(1, "one", "{\"at\":1700000099}")},
	 "differs at .at: 1700000099 is recorded, 1700000100 is given",
	 "{\"at\":1700000099}",
	 "{\"at\":1700000100}",
	 "it looks like a time"},
	{"an input with a date",
	 "[[\"one\", \"2026-11-22T10:00\"]]",
	 {STEP(1, "one", "\"2026-11-21T10:00\"")},
	 "the input of step 'one' (command 1) differs\n",
	 "2026-11-21",
	 "2026-11-22",
	 "it looks like a time"},
	{"an input with chance",
	 "[[\"one\", [\"6fa459ea-ee8a-3ca4-894e-db77e160355e\"]]]",
	 {STEP(1, "one", "[\"16fd2706-8baf-433b-82eb-8c7fada847da\"]")},
	 "differs at [0]: ",
	 "16fd2706",
	 "6fa459ea",
	 "it looks like chance"},
	{"an input in another order",
	 "[[\"one\", {\"files\": [\"b\", \"a\"]}]]",
	 {STEP(1, "one", "{\"files\":[\"a\",\"b\"]}")},
	 "differs at .files: [\"a\",\"b\"] is recorded",
	 "[\"a\",\"b\"]",
	 "[\"b\",\"a\"]",
	 "the order differs"},
	{"an input with a member more",
	 "[[\"one\", {\"a\": 1, \"b\": 2}]]",
	 {STEP(1, "one", "{\"a\":1}")},
	 "differs at .b: nothing is recorded, 2 is given",
	 "{\"a\":1}",
	 "{\"a\":1,\"b\":2}",
	 "a member was added or removed"},
	{"an input with a member less",
	 "[[\"one\", {\"a\": 1}]]",
	 {STEP(1, "one", "{\"a\":1,\"b\":2}")},
	 "differs at .b: 2 is recorded, nothing is given",
	 "\"b\":2",
	 "{\"a\":1}",
	 "a member was added or removed"},
	{"a large input",
	 "[[\"one\", 1]]",
	 {"{\"type\":\"step_completed\",\"cmd\":1,\"step\":\"one\",\"input_sha256\":\"" DIGEST
	  "\",\"result\":1}"},
	 "the input of step 'one' (command 1) differs\n",
	 "input with SHA-256 " DIGEST,
	 "step 'one', input 1",
	 "not in the history"},
	{"a failed step",
	 "[[\"two\", 1]]",
	 {"{\"type\":\"step_failed\",\"cmd\":1,\"step\":\"one\",\"input\":1,\"error\":{\"type\":\"x\"}}"},
	 "event 2 (step_failed) does not fit the workflow: step 'one'",
	 "step 'one'",
	 "step 'two'",
	 "inserted"},
	{"a step begun",
	 "[[\"two\", 1]]",
	 {"{\"type\":\"step_started\",\"cmd\":1,\"step\":\"one\",\"attempt\":1}"},
	 "event 2 (step_started) does not fit the workflow: step 'one'",
	 "step 'one'",
	 "step 'two'",
	 "inserted"},
	{"a command not asked for",
	 "[[\"one\", 1], [\"two\", 2]]",
	 {STEP(1, "one", "1"), STEP(3, "two", "2")},
	 "event 3 (step_completed) does not fit the workflow: step 'two' is recorded as command 3, but the "
	 "workflow has not asked for it",
	 "step 'two', input 2",
	 "it has asked for 2 commands; it waits for step 'two' (command 2)",
	 "was inserted before this one"},
	{"an earlier return",
	 "[[\"one\", 1], [\"return\", 7]]",
	 {STEP(1, "one", "1"), STEP(2, "two", "2")},
	 "step 'two' is recorded as command 2, but the workflow has ended",
	 "step 'two', input 2",
	 "it has ended: completed after 1 commands",
	 "returns earlier than it did"},
	{"an earlier failure",
	 "[[\"throw\"]]",
	 {STEP(1, "one", "1")},
	 "step 'one' is recorded as command 1, but the workflow has ended",
	 "step 'one', input 1",
	 "it has ended: failed (thrown: it was thrown) after 0 commands",
	 "returns earlier than it did"},
	{"two outcomes",
	 "[[\"one\", 1], [\"two\", 2]]",
	 {STEP(1, "one", "1"), STEP(1, "one", "1")},
	 "step 'one' is recorded as command 1, which has its outcome already",
	 "step 'one', input 1",
	 "a command has one outcome",
	 "edited"},
	{"another result",
	 "[[\"return\", {\"n\": 7}]]",
	 {"{\"type\":\"run_completed\",\"result\":{\"n\":8}}"},
	 "event 2 (run_completed) does not fit the workflow: the result differs",
	 "result {\"n\":8}",
	 "result {\"n\":7}",
	 "the result depends on"},
	{"a later end",
	 "[[\"one\", 1], [\"two\", 2]]",
	 {STEP(1, "one", "1"), "{\"type\":\"run_completed\",\"result\":null}"},
	 "the run has ended, but the workflow has not",
	 "result null",
	 "it waits for step 'two' (command 2)",
	 "a step or wait was added at the end"},
	{"a failure that was a success",
	 "[[\"throw\"]]",
	 {"{\"type\":\"run_completed\",\"result\":1}"},
	 "the workflow has ended in another way",
	 "result 1",
	 "it has ended: failed (thrown: it was thrown)",
	 "what is thrown"},
	{"a success that was a failure",
	 "[[\"return\", 1]]",
	 {"{\"type\":\"run_failed\",\"error\":{\"type\":\"thrown\",\"message\":\"m\"}}"},
	 "event 2 (run_failed) does not fit the workflow: the workflow has ended in another way",
	 "run_failed: thrown",
	 "it has ended: completed",
	 "what is thrown"},
};

/* The line of a report that begins so. */
static void line_has(const char *report, const char *side, const char *part, const char *name)
{
	const char *line = strstr(report, side), *end = line ? strchr(line, '\n') : NULL;
	char text[1000] = "";

	if (line)
		snprintf(text, sizeof text, "%.*s", (int)(end ? end - line : (long)strlen(line)),
			 line);
	has_str(text, part, "promise 4: %s: the report has its%s", name, side);
}

static void test_disagreement(const struct disagreement *d)
{
	struct core_test t;
	int rc = 0;

	prepare(&t, "scripted", d->script);
	feed(&t, "{\"type\":\"run_started\"}");
	for (int i = 0; i < 4 && d->history[i]; i++) {
		if (rc < 0)
			bail_out("%s: an event too many", d->name);
		rc = feed(&t, d->history[i]);
	}
	is_int(rc, -ERR_NONDETERMINISTIC, "promise 4: %s stops the replay", d->name);
	has_str(t.err.text, d->first_line, "promise 4: %s: the first line says it in a sentence",
		d->name);
	line_has(t.err.text, "  expected (history):", d->expected, d->name);
	line_has(t.err.text, "  actual (workflow):", d->actual, d->name);
	line_has(t.err.text, "  likely cause:", d->cause, d->name);
	ok(feed(&t, TIMER(1)) < 0, "promise 4: %s: nothing can be fed behind it", d->name);
	core_set_live(t.core);
	ok(core_next(t.core) == NULL, "promise 4: %s: nothing is asked for", d->name);
	finish(&t);
}

/* What fits is no disagreement. */
static void test_agreement(void)
{
	static const char *const history[] = {
		"{\"type\":\"segment\"}",
		"{\"type\":\"step_started\",\"cmd\":1,\"step\":\"one\",\"attempt\":1}",
		"{\"type\":\"run_resumed\",\"pid\":1}",
		STEP(1, "one", "{\"b\":2,\"a\":1.0}"),
		"{\"type\":\"run_suspended\"}",
		TIMER(2),
		"{\"type\":\"step_failed\",\"cmd\":3,\"step\":\"two\",\"input\":null,\"error\":{\"type\":\"x\"}}",
		"{\"type\":\"run_completed\",\"result\":[1]}",
	};
	struct core_test t;

	prepare(&t, "scripted",
		"[[\"one\",{\"a\":1.0,\"b\":2}],[\"sleep\"],[\"two\"],[\"return\",[1]]]");
	feed(&t, "{\"type\":\"run_started\"}");
	for (size_t i = 0; i < sizeof history / sizeof history[0]; i++)
		is_int(feed(&t, history[i]), 0, "promise 4: what fits is accepted (%zu)", i);
	is_str(ended(&t), "completed [1]", "the workflow has ended as it did");
	finish(&t);
	prepare(&t, "scripted", "[[\"throw\"]]");
	feed(&t, "{\"type\":\"run_started\"}");
	is_int(feed(&t, "{\"type\":\"run_failed\",\"error\":{\"type\":\"thrown\"}}"), 0,
	       "a failure as it was");
	finish(&t);
	prepare(&t, "scripted", "[[\"sleep\"]]");
	feed(&t, "{\"type\":\"run_started\"}");
	is_int(feed(&t, "{\"type\":\"run_terminated\",\"reason\":\"x\"}"), 0,
	       "an end from outside fits anything");
	finish(&t);
}

/* A large input is the same whatever the order of its members. */
static void test_digest(void)
{
	struct buf a = BUF_INIT, b = BUF_INIT, outcome = BUF_INIT;
	struct core_test t;

	buf_adds(&a, "[[\"one\",{\"x\":1,\"text\":\"");
	buf_adds(&b, "[[\"one\",{\"text\":\"");
	for (int i = 0; i < 300; i++) {
		buf_adds(&a, "long ");
		buf_adds(&b, "long ");
	}
	buf_adds(&a, "\"}]]");
	buf_adds(&b, "\",\"x\":1}]]");
	start(&t, "scripted", a.data);
	buf_adds(&outcome, "{\"type\":\"step_completed\",\"cmd\":1,\"result\":1,");
	core_describe_input(t.core, 1, &outcome);
	buf_adds(&outcome, "}");
	finish(&t);
	prepare(&t, "scripted", b.data);
	feed(&t, "{\"type\":\"run_started\"}");
	is_int(feed(&t, outcome.data), 0,
	       "promise 4: a digest does not depend on the order of members");
	finish(&t);
	buf_release(&a);
	buf_release(&b);
	buf_release(&outcome);
}

/* Not a disagreement, but a history that cannot be. */
static void test_damage(void)
{
	static const struct {
		const char *event, *want;
		int code;
	} cases[] = {
		{"{\"type\":\"step_completed\",\"cmd\":1,\"result\":1}",
		 "event 2 (step_completed) has no 'step'", -ERR_DAMAGED},
		{"{\"type\":\"timer_fired\"}", "event 2 (timer_fired) has no 'cmd'", -ERR_DAMAGED},
		{"{\"type\":\"run_started\"}", "event 2: the run has started already",
		 -ERR_DAMAGED},
	};
	struct core_test t;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		prepare(&t, "scripted", "[[\"one\",1]]");
		feed(&t, "{\"type\":\"run_started\"}");
		is_int(feed(&t, cases[i].event), cases[i].code,
		       "a history that cannot be stops the replay");
		is_str(t.err.text, cases[i].want, "and the event is named");
		finish(&t);
	}
	prepare(&t, "scripted", "[]");
	is_int(feed(&t, TIMER(1)), -ERR_DAMAGED, "a history begins with run_started");
	finish(&t);
}

static void test_long_values(void)
{
	struct buf script = BUF_INIT, event = BUF_INIT;
	struct core_test t;

	buf_adds(&script, "[[\"one\",[\"");
	buf_adds(&event, "{\"type\":\"step_completed\",\"cmd\":1,\"step\":\"one\",\"input\":[\"");
	for (int i = 0; i < 250; i++) {
		buf_adds(&script, "\xc3\xa9");
		buf_adds(&event, "\xc3\xbc");
	}
	buf_adds(&script, "\"]]]");
	buf_adds(&event, "\"],\"result\":1}");
	prepare(&t, "scripted", script.data);
	feed(&t, "{\"type\":\"run_started\"}");
	is_int(feed(&t, event.data), -ERR_NONDETERMINISTIC, "promise 4: long values differ");
	has_str(t.err.text, "likely cause:", "promise 4: a report of long values is whole");
	has_str(t.err.text, "\xc3\xbc...", "promise 4: and cut between characters");
	finish(&t);
	buf_release(&script);
	buf_release(&event);
}

WF_MODULE(WF_WORKFLOW(scripted), WF_STEP(one), WF_STEP(two))

int main(void)
{
	for (size_t i = 0; i < sizeof disagreements / sizeof disagreements[0]; i++)
		test_disagreement(&disagreements[i]);
	test_agreement();
	test_digest();
	test_damage();
	test_long_values();
	return done_testing();
}
