/* SPDX-License-Identifier: MIT */
/* Code that changes under open runs: patches, versions, side effects. */
#include "core_fixture.h"

static int newest = 2, oldest;
static bool asks = true, deprecates;

static json_t *old_way(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *new_way(wf_attempt *a, const json_t *in)
{
	return old_way(a, in);
}

static json_t *before(wf_attempt *a, const json_t *in)
{
	return old_way(a, in);
}

/* Asked twice: the answer holds. */
static json_t *patched(wf_ctx *wf, const json_t *in)
{
	bool is_new = true;

	if (!wf_step(wf, before, in))
		return NULL;
	if (deprecates)
		wf_patch_deprecated(wf, "fee");
	else if (asks)
		is_new = wf_patched(wf, "fee");
	if (!(is_new ? wf_step(wf, new_way, in) : wf_step(wf, old_way, in)))
		return NULL;
	if (asks && !deprecates && wf_patched(wf, "fee") != is_new)
		return wf_throw(wf, "changed", "the answer has changed");
	return json_boolean(is_new);
}

static json_t *versioned(wf_ctx *wf, const json_t *in)
{
	if (!wf_step(wf, before, in))
		return NULL;
	return json_integer(wf_version(wf, "price", oldest, newest));
}

static json_t *at_once(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return json_boolean(wf_patched(wf, "last"));
}

static json_t *bad(wf_ctx *wf, const json_t *in)
{
	const char *id = json_string_value(in);

	if (strcmp(id, "range") == 0)
		wf_version(wf, "x", 3, 2);
	else
		wf_patched(wf, id);
	return json_true();
}

static json_t *chance(wf_ctx *wf, void *arg)
{
	(void)wf;
	return json_integer(++*(int *)arg);
}

static int called;

static json_t *effect(wf_ctx *wf, const json_t *in)
{
	const json_t *value = wf_side_effect(wf, chance, &called);

	(void)in;
	return value ? wf_step(wf, before, value) : NULL;
}

WF_MODULE(WF_WORKFLOW(patched), WF_WORKFLOW(versioned), WF_WORKFLOW(at_once), WF_WORKFLOW(bad),
	  WF_WORKFLOW(effect), WF_STEP(before), WF_STEP(old_way), WF_STEP(new_way))

/* What a driver knows before it replays. */
static int preload(struct core_test *t, const char *line)
{
	json_t *body = json_loads(line, 0, NULL);
	const char *type = json_string_value(json_object_get(body, "type"));
	struct event event = {.body = body, .type = event_type_parse(type, strlen(type))};
	int rc = core_preload(t->core, &event, &t->err);

	event_release(&event);
	return rc;
}

static void replayed(struct core_test *t, const char *workflow)
{
	feed(t, "{\"type\":\"run_started\"}");
	feed(t, "{\"type\":\"step_completed\",\"cmd\":1,\"step\":\"before\",\"input\":1,"
		"\"attempt\":1,\"result\":1}");
	(void)workflow;
}

static void test_new(void)
{
	struct core_test t;

	start(&t, "patched", "1");
	is_str(asked(&t), "1 step before 1", "a new run asks for its first step");
	completed(&t, 1, "1");
	is_str(asked(&t), "patched \"id\":\"fee\"; 2 step new_way 1",
	       "promise 2: the marker comes before the step that hangs on it");
	completed(&t, 2, "1");
	is_str(asked(&t), "", "the same id is marked once");
	is_str(ended(&t), "completed true", "new code takes the new way");
	finish(&t);
}

static void test_old_history(void)
{
	struct core_test t;

	prepare(&t, "patched", "1");
	replayed(&t, "patched");
	core_set_live(t.core);
	is_str(asked(&t), "2 step old_way 1",
	       "promise 4: where the history was past the place, the old way");
	completed(&t, 2, "1");
	is_str(ended(&t), "completed false", "and it holds when asked again while live");
	finish(&t);
}

static void test_marked(void)
{
	struct core_test t;

	prepare(&t, "patched", "1");
	is_int(preload(&t, "{\"type\":\"patched\",\"id\":\"fee\"}"), 0, "a marker is preloaded");
	replayed(&t, "patched");
	is_int(feed(&t, "{\"type\":\"patched\",\"id\":\"fee\"}"), 0, "and fits when it comes");
	core_set_live(t.core);
	is_str(asked(&t), "2 step new_way 1", "promise 4: a marked history goes the new way");
	finish(&t);

	asks = false;
	prepare(&t, "patched", "1");
	preload(&t, "{\"type\":\"patched\",\"id\":\"fee\"}");
	replayed(&t, "patched");
	is_int(feed(&t, "{\"type\":\"patched\",\"id\":\"fee\"}"), -ERR_NONDETERMINISTIC,
	       "promise 4: a patch that the code no longer asks for is told");
	ok(strstr(t.err.text, "'fee'") && strstr(t.err.text, "wf_patch_deprecated"),
	   "with its id and what to do: %s", t.err.text);
	finish(&t);
	asks = true;

	prepare(&t, "patched", "1");
	replayed(&t, "patched");
	is_int(feed(&t, "{\"type\":\"patched\",\"id\":\"fee\"}"), -ERR_NONDETERMINISTIC,
	       "promise 4: a marker that was not known when the answer was given is told");
	finish(&t);
}

static void test_deprecated(void)
{
	struct core_test t;

	deprecates = true;
	start(&t, "patched", "1");
	asked(&t);
	completed(&t, 1, "1");
	is_str(asked(&t), "patched \"id\":\"fee\",\"deprecated\":true; 2 step new_way 1",
	       "a deprecated patch is marked as such");
	finish(&t);
	prepare(&t, "patched", "1");
	preload(&t, "{\"type\":\"patched\",\"id\":\"fee\"}");
	replayed(&t, "patched");
	is_int(feed(&t, "{\"type\":\"patched\",\"id\":\"fee\"}"), 0,
	       "a history of the patch fits code that deprecates it");
	finish(&t);
	deprecates = asks = false;
	prepare(&t, "patched", "1");
	preload(&t, "{\"type\":\"patched\",\"id\":\"fee\",\"deprecated\":true}");
	replayed(&t, "patched");
	is_int(feed(&t, "{\"type\":\"patched\",\"id\":\"fee\",\"deprecated\":true}"), 0,
	       "a history of the deprecated patch fits code without it");
	finish(&t);
	asks = true;
}

static void test_version(void)
{
	struct core_test t;

	start(&t, "versioned", "1");
	asked(&t);
	completed(&t, 1, "1");
	is_str(asked(&t), "version \"id\":\"price\",\"version\":2",
	       "the newest version is recorded, although the workflow has ended");
	is_str(ended(&t), "completed 2", "and answered");
	finish(&t);
	prepare(&t, "versioned", "1");
	replayed(&t, "versioned");
	is_str(ended(&t), "completed 0", "a history without it has version 0");
	finish(&t);
	newest = 5;
	oldest = 1;
	prepare(&t, "versioned", "1");
	preload(&t, "{\"type\":\"version\",\"id\":\"price\",\"version\":2}");
	replayed(&t, "versioned");
	is_str(ended(&t), "completed 2", "a recorded version is answered, not the newest");
	finish(&t);
	oldest = 3;
	prepare(&t, "versioned", "1");
	preload(&t, "{\"type\":\"version\",\"id\":\"price\",\"version\":2}");
	feed(&t, "{\"type\":\"run_started\"}");
	is_int(feed(&t, "{\"type\":\"step_completed\",\"cmd\":1,\"step\":\"before\",\"input\":1,"
			"\"attempt\":1,\"result\":1}"),
	       -ERR_NONDETERMINISTIC,
	       "promise 4: a version that is no longer supported halts the run");
	ok(strstr(t.err.text, "version 2 of 'price'") && strstr(t.err.text, "3 to 5"),
	   "with both sides: %s", t.err.text);
	is_int(feed(&t, "{\"type\":\"run_suspended\"}"), -ERR_NONDETERMINISTIC, "and stays so");
	finish(&t);
}

static void test_reset(void)
{
	struct core_test t;

	prepare(&t, "patched", "1");
	core_open_from(t.core, 2);
	replayed(&t, "patched");
	core_set_live(t.core);
	is_str(asked(&t), "patched \"id\":\"fee\"; 2 step new_way 1",
	       "what is asked at the point of a reset is new");
	finish(&t);
}

static void test_bad(void)
{
	struct core_test t;

	start(&t, "bad", "\"\"");
	ok(strstr(ended(&t), "failed bad_option"), "an empty id fails the run: %s", ended(&t));
	finish(&t);
	start(&t, "bad", "\"range\"");
	ok(strstr(ended(&t), "3 to 2 are no versions"), "versions in the wrong order: %s",
	   ended(&t));
	finish(&t);
	start(&t, "at_once", "1");
	is_str(asked(&t), "patched \"id\":\"last\"", "what is asked just before the end is marked");
	finish(&t);
}

static void test_side_effect(void)
{
	struct core_test t;
	json_t *value;

	start(&t, "effect", "1");
	is_str(asked(&t), "1 side effect", "a side effect is asked for");
	is_int(called, 0, "and is not called by the core itself");
	value = core_side_effect(t.core, 1);
	is_int(called, 1, "it is called once");
	json_decref(value);
	is_int(feed(&t, "{\"type\":\"side_effect\",\"cmd\":1,\"value\":1}"), 0, "its event fits");
	is_str(asked(&t), "2 step before 1", "and its value is had");
	finish(&t);
	prepare(&t, "effect", "1");
	feed(&t, "{\"type\":\"run_started\"}");
	is_int(feed(&t, "{\"type\":\"side_effect\",\"cmd\":1,\"value\":7}"), 0, "replayed");
	core_set_live(t.core);
	is_str(asked(&t), "2 step before 7", "promise 3: with the recorded value");
	is_int(called, 1, "promise 3: and without a call");
	finish(&t);
}

int main(void)
{
	test_new();
	test_old_history();
	test_marked();
	test_deprecated();
	test_version();
	test_reset();
	test_bad();
	test_side_effect();
	return done_testing();
}
