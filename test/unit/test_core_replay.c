/* SPDX-License-Identifier: MIT */
/*
 * Promises 3 and 4: replay is the same as the first time, from any point on.
 * A workflow that decides by chance is driven by an executor that answers in
 * any order; then every beginning of its history is replayed, and must ask
 * for what was asked for then.
 */
#include "core_fixture.h"
#include "oom.h"

#include <malloc.h>

#define RUNS 80
#define EVENTS 120

static json_t *task(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

/* ---- a workflow of everything */

struct shared {
	int done;
};

static bool has_more(wf_ctx *wf, void *arg)
{
	(void)wf;
	return *(int *)arg > 0;
}

static json_t *number(wf_ctx *wf)
{
	return wf_json(wf, "{s:I, s:I}", "n", (json_int_t)(wf_random(wf) % 1000), "at",
		       (json_int_t)wf_now(wf));
}

static bool one_thing(wf_ctx *wf, struct shared *shared, int deep);

static json_t *several_things(wf_ctx *wf, void *arg)
{
	for (int i = 0; i < 3; i++)
		if (!one_thing(wf, arg, 1))
			return wf_throw(wf, "stopped", "after %d", i);
	((struct shared *)arg)->done++;
	return number(wf);
}

static bool step_thing(wf_ctx *wf)
{
	json_t *in = number(wf), *value;
	wf_future *future = wf_start(wf, task, in);

	json_decref(in);
	value = wf_await(wf, future);
	wf_forget(wf, future);
	wf_release(wf, value);
	return value != NULL;
}

static bool window_thing(wf_ctx *wf)
{
	wf_future *futures[12];
	size_t n = 1 + wf_random(wf) % 12;
	bool well = true;

	for (size_t i = 0; i < n; i++)
		futures[i] = i % 3 == 2 ? wf_timer(wf, (wf_duration)(wf_random(wf) % 5000))
					: wf_shell_start(wf, "shell", "true");
	while (n > 0) {
		size_t i = wf_await_any(wf, futures, n);
		well = well && !wf_future_error(futures[i]);
		wf_forget(wf, futures[i]);
		futures[i] = futures[--n];
	}
	return well;
}

static bool one_thing(wf_ctx *wf, struct shared *shared, int deep)
{
	int before = 0;

	switch (wf_random(wf) % (deep ? 4 : 6)) {
	case 0:
		return step_thing(wf);
	case 1:
		return wf_sleep(wf, (wf_duration)(wf_random(wf) % 1000)) == 0;
	case 2:
		return window_thing(wf);
	case 3:
		wf_condition(wf, has_more, &before, 1 + (wf_duration)(wf_random(wf) % 3000));
		return true;
	case 4:
		wf_spawn(wf, several_things, shared);
		return true;
	default:
		wf_condition(wf, has_more, &shared->done, 2000);
		shared->done = 0;
		return true;
	}
}

static json_t *everything(wf_ctx *wf, const json_t *in)
{
	struct shared shared = {0};
	char uuid[37];

	wf_compensate(wf, task, in);
	for (int i = 0; i < 25; i++)
		if (!one_thing(wf, &shared, 0) && wf_random(wf) % 8 == 0)
			return wf_throw(wf, "unlucky", "%s", wf_uuid(wf, uuid));
	return wf_json(wf, "s", wf_uuid(wf, uuid));
}

/* ---- the executor */

static uint64_t dice;

static uint64_t roll(uint64_t below)
{
	dice = dice * 6364136223846793005u + 1442695040888963407u;
	return (dice >> 33) % below;
}

static void answer(struct core_test *t, const json_t *wait)
{
	const char *kind = json_string_value(json_object_get(wait, "kind"));
	uint64_t cmd = (uint64_t)json_integer_value(json_object_get(wait, "cmd"));
	struct buf line = BUF_INIT;

	t->at += (int64_t)roll(2000) - 200;
	if (strcmp(kind, "timer") == 0) {
		buf_addf(&line, "{\"type\":\"timer_fired\",\"cmd\":%llu}", (unsigned long long)cmd);
	} else {
		bool well = roll(5) > 0;
		buf_addf(&line, "{\"type\":\"%s\",\"cmd\":%llu,\"attempt\":1,",
			 well ? "step_completed" : "step_failed", (unsigned long long)cmd);
		core_describe_input(t->core, cmd, &line);
		buf_adds(&line, well ? ",\"result\":{\"some\":[1,2]}}"
				     : ",\"error\":{\"type\":\"bad\",\"message\":\"luck\"}}");
	}
	if (feed(t, line.data) < 0)
		bail_out("live: %s", t->err.text);
	buf_release(&line);
}

/* What is open now, as text: new. */
static char *open_commands(struct core_test *t)
{
	json_t *waits = core_waits(t->core);
	char *text = json_dumps(waits, JSON_COMPACT);

	json_decref(waits);
	return text;
}

static size_t drive(struct core_test *t, uint64_t seed, char *open[EVENTS])
{
	size_t n = 0;

	dice = seed * 7919;
	prepare(t, "everything", "7");
	core_set_live(t->core);
	t->recording = true;
	feed(t, "{\"type\":\"run_started\"}");
	for (;;) {
		json_t *waits = core_waits(t->core);
		size_t i, count = 0;
		json_t *wait;
		open[n++] = open_commands(t);
		asked(t);
		json_array_foreach (waits, i, wait)
			count += json_object_get(wait, "cmd") != NULL;
		if (count && n < EVENTS)
			answer(t, json_array_get(waits, roll(count)));
		json_decref(waits);
		if (!count || n == EVENTS)
			return n;
	}
}

/* Feed the first events of a history; true if they fit. */
static bool replay(struct core_test *t, const char *history, size_t events)
{
	bool fits = true;

	prepare(t, "everything", "7");
	for (size_t i = 0; i < events && fits; i++) {
		const char *end = strchr(history, '\n');
		char *line = strndup(history, (size_t)(end - history));
		fits = feed(t, line) == 0;
		free(line);
		history = end + 1;
	}
	return fits;
}

static void test_equivalence(void)
{
	size_t events = 0, fitting = 0, same = 0, again = 0, ends = 0;

	for (uint64_t seed = 1; seed <= RUNS; seed++) {
		struct core_test live, t;
		char *open[EVENTS], *last;
		size_t n = drive(&live, seed, open);
		for (size_t k = 1; k <= n; k += k < 8 || k + 8 > n ? 1 : 5) {
			events++;
			fitting += replay(&t, live.history.data, k);
			last = open_commands(&t);
			same += strcmp(last, open[k - 1]) == 0;
			core_set_live(t.core);
			again += strcmp(asked(&t), "") == 0 ? core_waiting(t.core) == 0
							    : core_waiting(t.core) > 0;
			if (k == n) {
				char *end = strdup(ended(&t));
				ends += strcmp(end, ended(&live)) == 0;
				free(end);
			}
			free(last);
			finish(&t);
		}
		for (size_t k = 0; k < n; k++)
			free(open[k]);
		finish(&live);
	}
	ok(events > 1000, "%zu beginnings of %d histories are replayed", events, RUNS);
	is_int(fitting, events, "promise 4: each fits");
	is_int(same, events,
	       "promise 3: each asks for what has no outcome yet, and for nothing else");
	is_int(again, events, "promise 3: and the driver is asked for it again");
	is_int(ends, RUNS, "each run ends as it did");
}

/* Chance is part of what must fit: the same events with another seed do not. */
static void test_strictness(void)
{
	size_t fitting = 0;

	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct core_test live, t;
		char *open[EVENTS];
		size_t n = drive(&live, seed, open);
		core_seed[0] ^= 1;
		fitting += n > 20 && replay(&t, live.history.data, n);
		core_seed[0] ^= 1;
		if (n > 20)
			finish(&t);
		for (size_t k = 0; k < n; k++)
			free(open[k]);
		finish(&live);
	}
	is_int(fitting, 0, "promise 4: a history of another seed does not fit");
}

/* ---- memory */

static json_t *frugal(wf_ctx *wf, const json_t *in)
{
	json_int_t count = json_integer_value(in);

	for (json_int_t i = 0; i < count; i++) {
		json_t *value = wf_step(wf, task, in);
		if (!value)
			return NULL;
		wf_release(wf, value);
		if (i % 10 == 0) {
			wf_future *future = wf_start(wf, task, in);
			wf_release(wf, wf_await(wf, future));
			wf_forget(wf, future);
		}
	}
	return json_null();
}

static json_t *keeper(wf_ctx *wf, const json_t *in)
{
	json_int_t count = json_integer_value(in);

	for (json_int_t i = 0; i < count; i++)
		if (!wf_step(wf, task, in))
			return NULL;
	return json_null();
}

static size_t heap_after(const char *workflow, int count, const char *result)
{
	struct core_test t;
	char input[20];
	size_t before;
	uint64_t cmd = 1;

	snprintf(input, sizeof input, "%d", count);
	start(&t, workflow, input);
	before = mallinfo2().uordblks;
	for (; core_status(t.core) == CORE_RUNNING; cmd++) {
		while (core_next(t.core))
			;
		if (completed(&t, cmd, result) < 0)
			bail_out("%s: %s", workflow, t.err.text);
		if (cmd == (uint64_t)count - 1)
			before = mallinfo2().uordblks - before;
	}
	finish(&t);
	return before;
}

static void test_memory(void)
{
	size_t used;

#if defined(__SANITIZE_ADDRESS__)
	skip_test("memory of a long run", "the sanitizer has an allocator of its own");
	return;
#endif
	used = heap_after("frugal", 100000, "{\"a\":[1,2,3]}");
	diag("100000 steps that keep nothing: %zu bytes", used);
	ok(used < 20000, "a run that keeps nothing takes no memory, however long it is");
	used = heap_after("keeper", 10000, "true");
	diag("10000 steps that keep true: %zu bytes", used);
	ok(used < 20000, "true, false and null are not kept");
	used = heap_after("keeper", 10000, "12");
	diag("10000 steps that keep a number: %zu bytes", used);
	ok(used < 1000000, "what is kept takes little beside itself");
}

static void parse(const char *history, struct event events[], size_t n)
{
	for (size_t i = 0; i < n; i++, history = strchr(history, '\n') + 1) {
		json_t *body = json_loadb(history, (size_t)(strchr(history, '\n') - history), 0,
					  NULL);
		const char *type = json_string_value(json_object_get(body, "type"));
		events[i] = (struct event){
			.seq = i + 1,
			.at = json_integer_value(json_object_get(body, "at")),
			.cmd = (uint64_t)json_integer_value(json_object_get(body, "cmd")),
			.type = event_type_parse(type, strlen(type)),
			.body = body,
		};
	}
}

/* Replay with memory for so many allocations once a third of the events is fed. */
static int feed_tight(const struct event events[], size_t n, long allocations)
{
	struct core_test t;
	int rc = 0;

	prepare(&t, "everything", "7");
	for (size_t i = 0; i < n && rc == 0; i++) {
		if (i == n / 3)
			oom_after(allocations);
		rc = core_feed(t.core, &events[i], &t.err);
	}
	oom_off();
	finish(&t);
	return rc;
}

/* Memory that runs out at any allocation is an error, and nothing else. */
static void test_out_of_memory(void)
{
	struct event events[EVENTS];
	struct core_test live;
	char *open[EVENTS];
	size_t n, wrong = 0;
	int rc = -1;

	if (!oom_works()) {
		skip_test("memory runs out", "another allocator is in place");
		return;
	}
	n = drive(&live, 5, open);
	for (size_t k = 0; k < n; k++)
		free(open[k]);
	parse(live.history.data, events, n);
	for (long allocations = 0; rc != 0 && allocations < 100000;
	     allocations += 1 + allocations / 100) {
		rc = feed_tight(events, n, allocations);
		wrong += rc != 0 && rc != -ERR_NOMEM;
	}
	is_int(rc, 0, "with memory enough all goes well");
	is_int(wrong, 0, "memory that runs out is an error of its own");
	for (size_t k = 0; k < n; k++)
		event_release(&events[k]);
	finish(&live);
}

WF_MODULE(WF_WORKFLOW(everything), WF_WORKFLOW(frugal), WF_WORKFLOW(keeper), WF_STEP(task))

int main(void)
{
	test_equivalence();
	test_strictness();
	test_memory();
	test_out_of_memory();
	return done_testing();
}
