/* SPDX-License-Identifier: MIT */
/*
 * Promise 8: old histories replay for ever. test/golden/<case>/history.jsonl
 * is what a run recorded once, commands what it asked for after each event.
 * These files never change; a new rule gets a new case.
 *
 * A new case: a workflow here, its name in cases, then
 *   test_core_golden record NAME FOLDER
 */
#include "core_fixture.h"

#include <errno.h>
#include <sys/stat.h>

static json_t *act(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *undo(wf_attempt *a, const json_t *in)
{
	return act(a, in);
}

/* A saga: two that succeed, one that does not, and the way back. */
static json_t *saga(wf_ctx *wf, const json_t *in)
{
	static const char *const parts[] = {"flight", "hotel", "fail"};

	for (size_t i = 0; i < 3; i++) {
		json_t *part = wf_json(wf, "{s:s, s:O}", "part", parts[i], "order", in);
		json_t *done = wf_step(wf, act, part);
		if (done)
			wf_compensate(wf, undo, part);
		json_decref(part);
		if (!done)
			return wf_throw(wf, "trip_failed", "no %s", parts[i]);
	}
	return json_null();
}

/* A window of three over ten, with timers and commands among them. */
static json_t *window(wf_ctx *wf, const json_t *in)
{
	wf_future *open[3];
	json_int_t sum = 0;
	size_t n = 0, i = 0;

	(void)in;
	while (i < 10 || n > 0) {
		for (; i < 10 && n < 3; i++) {
			json_t *number = json_integer((json_int_t)i);
			open[n++] = i % 4 == 3 ? wf_timer(wf, WF_SECONDS(i))
				    : i % 4 == 2
					    ? wf_shell_start(wf, "list", "ls -l", .any_exit = true)
					    : wf_start(wf, act, number);
			json_decref(number);
		}
		size_t ready = wf_await_any(wf, open, n);
		sum = sum * 10 + (json_int_t)ready;
		wf_forget(wf, open[ready]);
		open[ready] = open[--n];
	}
	return json_integer(sum);
}

/* All that comes from the seed and the clock. */
static json_t *chance(wf_ctx *wf, const json_t *in)
{
	char uuid[37];

	(void)in;
	for (int i = 0; i < 4; i++) {
		json_t *all = wf_json(wf, "[I, s, I]", (json_int_t)(wf_random(wf) >> 1),
				      wf_uuid(wf, uuid), (json_int_t)wf_now(wf));
		wf_step(wf, act, all);
		json_decref(all);
		wf_sleep(wf, (wf_duration)(1 + wf_random(wf) % 100000));
	}
	return wf_json(wf, "s", wf_uuid(wf, uuid));
}

struct basket {
	int filled;
	bool closed;
};

static bool is_full(wf_ctx *wf, void *arg)
{
	(void)wf;
	return ((struct basket *)arg)->filled >= 2;
}

static bool is_closed(wf_ctx *wf, void *arg)
{
	(void)wf;
	return ((struct basket *)arg)->closed;
}

static json_t *fill(wf_ctx *wf, void *arg)
{
	struct basket *basket = arg;

	wf_step(wf, act, json_true());
	basket->filled++;
	return wf_condition(wf, is_closed, basket, 0) ? wf_step(wf, undo, json_false()) : NULL;
}

/* Coroutines, conditions, a time-out that passes and one that does not. */
static json_t *baskets(wf_ctx *wf, const json_t *in)
{
	struct basket basket = {0, false};
	wf_future *lines[3];
	bool full, late;

	(void)in;
	for (int i = 0; i < 3; i++)
		lines[i] = wf_spawn(wf, fill, &basket);
	full = wf_condition(wf, is_full, &basket, WF_HOURS(1));
	late = wf_condition(wf, is_closed, &basket, WF_SECONDS(1));
	basket.closed = true;
	return wf_await_all(wf, lines, 3) ? wf_json(wf, "[b, b]", full, late) : NULL;
}

static const char *const cases[] = {"saga", "window", "chance", "baskets"};
#define CASES (sizeof cases / sizeof cases[0])

/* ---- recording */

static void write_text(const char *folder, const char *name, const struct buf *text)
{
	struct buf path = BUF_INIT;
	FILE *file;

	buf_addf(&path, "%s/%s", folder, name);
	file = fopen(path.data, "w");
	if (!file || fwrite(text->data, 1, text->len, file) != text->len || fclose(file) != 0)
		bail_out("cannot write '%s': %s", path.data, strerror(errno));
	buf_release(&path);
}

static void record_event(struct core_test *t, struct buf *history, enum event_type type,
			 uint64_t cmd, const char *fields)
{
	struct event event = {.seq = ++t->seq, .at = t->at, .type = type, .cmd = cmd};
	struct buf body = BUF_INIT;

	buf_addf(&body, "{%s}", fields);
	event.body = json_loads(body.data, 0, NULL);
	if (event_encode(history, &event, fields, strlen(fields), &t->err) < 0 ||
	    core_feed(t->core, &event, &t->err) < 0)
		bail_out("%s", t->err.text);
	event_release(&event);
	buf_release(&body);
}

/* Answer the command that was asked for last, so that order of asking and of outcomes differ. */
static void record_answer(struct core_test *t, struct buf *history)
{
	json_t *waits = core_waits(t->core), *wait = NULL;
	struct buf fields = BUF_INIT;
	uint64_t cmd;
	size_t i;

	for (i = json_array_size(waits); i > 0 && !json_object_get(wait, "cmd"); i--)
		wait = json_array_get(waits, i - 1);
	cmd = (uint64_t)json_integer_value(json_object_get(wait, "cmd"));
	t->at += 137;
	buf_adds(&fields, "");
	core_describe_input(t->core, cmd, &fields);
	if (!fields.len) {
		t->at = json_integer_value(json_object_get(wait, "until"));
		record_event(t, history, EVENT_TIMER_FIRED, cmd, "");
	} else if (strstr(fields.data, "\"fail\"")) {
		buf_adds(
			&fields,
			",\"attempt\":3,\"us\":1500,\"error\":{\"type\":\"sold_out\",\"message\":\"none left\"}");
		record_event(t, history, EVENT_STEP_FAILED, cmd, fields.data);
	} else {
		buf_addf(&fields, ",\"attempt\":1,\"us\":250,\"result\":{\"of\":%llu}",
			 (unsigned long long)cmd);
		record_event(t, history, EVENT_STEP_COMPLETED, cmd, fields.data);
	}
	buf_release(&fields);
	json_decref(waits);
}

static void record_end(struct core_test *t, struct buf *history)
{
	bool well = core_status(t->core) == CORE_COMPLETED;
	char *value = json_dumps(well ? core_result(t->core) : core_error(t->core),
				 JSON_COMPACT | JSON_ENCODE_ANY);
	struct buf fields = BUF_INIT;

	buf_addf(&fields, "\"%s\":%s", well ? "result" : "error", value);
	record_event(t, history, well ? EVENT_RUN_COMPLETED : EVENT_RUN_FAILED, 0, fields.data);
	buf_release(&fields);
	free(value);
}

static int record(const char *name, const char *folder)
{
	struct buf history = BUF_INIT, commands = BUF_INIT;
	struct core_test t;

	prepare(&t, name, "{\"order\":42}");
	core_set_live(t.core);
	record_event(&t, &history, EVENT_RUN_STARTED, 0, "\"rules\":1,\"input\":{\"order\":42}");
	while (core_status(t.core) == CORE_RUNNING) {
		buf_addf(&commands, "%llu: %s\n", (unsigned long long)t.seq, asked(&t));
		record_answer(&t, &history);
	}
	buf_addf(&commands, "%llu: %s\n", (unsigned long long)t.seq, ended(&t));
	record_end(&t, &history);
	write_text(folder, "history.jsonl", &history);
	write_text(folder, "commands", &commands);
	buf_release(&history);
	buf_release(&commands);
	finish(&t);
	return 0;
}

/* ---- checking */

static char *read_text(const char *name, const char *file)
{
	const char *source = getenv("WF_SRC");
	struct buf path = BUF_INIT, text = BUF_INIT;
	size_t n;
	FILE *in;

	buf_addf(&path, "%s/test/golden/%s/%s", source ? source : ".", name, file);
	in = fopen(path.data, "r");
	if (!in)
		bail_out("cannot open '%s': %s", path.data, strerror(errno));
	while (buf_reserve(&text, 4096) && (n = fread(text.data + text.len, 1, 4096, in)) > 0)
		text.len += n;
	fclose(in);
	buf_release(&path);
	return buf_detach(&text);
}

static bool feed_line(struct core_test *t, const char *line, size_t n)
{
	struct event event;
	bool fits;

	if (event_decode(&event, line, n, &t->err) < 0)
		return false;
	fits = core_feed(t->core, &event, &t->err) == 0;
	t->seq = event.seq;
	event_release(&event);
	return fits;
}

/* Replay; with live, what is asked for after each event must be what was asked for then. */
static void check(const char *name, bool live)
{
	char *history = read_text(name, "history.jsonl"), *want = read_text(name, "commands"),
	     *line = history;
	struct buf commands = BUF_INIT;
	struct core_test t;
	bool fits = true;

	prepare(&t, name, "{\"order\":42}");
	if (live)
		core_set_live(t.core);
	for (; fits && *line; line = strchr(line, '\n') + 1) {
		fits = feed_line(&t, line, strcspn(line, "\n"));
		if (*(strchr(line, '\n') + 1))
			buf_addf(&commands, "%llu: %s\n", (unsigned long long)t.seq,
				 core_status(t.core) == CORE_RUNNING ? asked(&t) : ended(&t));
	}
	ok(fits, "promise 8: the history of '%s' replays", name);
	if (!fits)
		diag("%s", t.err.text);
	if (live)
		is_str(commands.data, want, "promise 8: '%s' asks for what it asked for", name);
	buf_release(&commands);
	finish(&t);
	free(history);
	free(want);
}

WF_MODULE(WF_WORKFLOW(saga), WF_WORKFLOW(window), WF_WORKFLOW(chance), WF_WORKFLOW(baskets),
	  WF_STEP(act), WF_STEP(undo))

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "record") == 0)
		return record(argv[2], argv[3]);
	for (size_t i = 0; i < CASES; i++) {
		check(cases[i], false);
		check(cases[i], true);
	}
	return done_testing();
}
