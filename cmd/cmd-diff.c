/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/replay.h"
#include "../lib/model/event.h"
#include "../lib/os/file.h"
#include "../lib/os/os.h"
#include "../lib/store/history.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "describe.h"
#include "exit.h"
#include "output.h"
#include "timeline.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MOST ((size_t)1 << 30)

/* One side: what happened, without notes on who drove it. */
struct side {
	const char *name;
	json_t *events;   /* owned: array of bodies */
	json_t *outcomes; /* owned: command -> body of the outcome of its step */
	const json_t *end;
};

static int add_event(struct side *side, json_t *body)
{
	const char *type = json_string_value(json_object_get(body, "type"));
	enum event_type kind = event_type_parse(type, strlen(type));
	char cmd[24];

	if (event_is_note(kind))
		return 0;
	if (event_is_end(kind))
		side->end = body;
	snprintf(cmd, sizeof cmd, "%012lld",
		 (long long)json_integer_value(json_object_get(body, "cmd")));
	if ((kind == EVENT_STEP_COMPLETED || kind == EVENT_STEP_FAILED) &&
	    json_object_set(side->outcomes, cmd, body) < 0)
		return -1;
	return json_array_append(side->events, body);
}

static int take_run(struct side *side, struct state *state, struct err *err)
{
	struct history_options options = {.writable = false};
	struct history *history = NULL;
	struct event event;
	struct run run;
	char *dir;
	int r = run_open(&run, state, side->name, err);

	if (r < 0)
		return r;
	dir = str_format("%s/history", run.path);
	r = dir ? history_open(&history, state->os, dir, &options, err) : err_nomem(err);
	while (r == 0 && (r = history_read(history, &event, err)) > 0) {
		r = add_event(side, event.body) < 0 ? err_nomem(err) : 0;
		event_release(&event);
	}
	history_close(history);
	free(dir);
	run_release(&run);
	return r;
}

/* The first history of a file. */
static int take_recording(void *arg, const struct recording *recording)
{
	json_t *body;
	size_t i;

	json_array_foreach (recording->events, i, body)
		if (add_event(arg, body) < 0)
			return -ERR_NOMEM;
	return 1;
}

static int take_file(struct side *side, struct err *err)
{
	struct buf text = BUF_INIT;
	int r = os_read_file(os_system(), side->name, FILE_MOST, &text, err);

	if (r == 0)
		r = recordings_of_text(text.data ? text.data : "", text.len, side->name,
				       take_recording, side, err);
	buf_release(&text);
	if (r == -ERR_NOMEM && !err->code)
		err_nomem(err);
	return r < 0 ? r : 0;
}

static bool is_file(const char *word)
{
	return strchr(word, '/') || str_ends(word, ".jsonl");
}

static int take_side(struct side *side, struct state *state, struct err *err)
{
	side->events = json_array();
	side->outcomes = json_object();
	if (!side->events || !side->outcomes)
		return err_nomem(err);
	return is_file(side->name) ? take_file(side, err) : take_run(side, state, err);
}

static void release(struct side *side)
{
	json_decref(side->events);
	json_decref(side->outcomes);
}

/* What an event says, but for when and how fast. New; NULL: no memory. */
static json_t *substance(const json_t *body)
{
	static const char *const others[] = {"seq", "at", "batch", "crc", "us", "message", "pid"};
	json_t *copy = json_copy((json_t *)(uintptr_t)body);

	for (size_t i = 0; copy && i < sizeof others / sizeof *others; i++)
		json_object_del(copy, others[i]);
	return copy;
}

static bool same(const json_t *a, const json_t *b)
{
	json_t *x = substance(a), *y = substance(b);
	bool equal = x && y && json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return equal;
}

static size_t find_parting(const struct side *a, const struct side *b)
{
	size_t i = 0, n = json_array_size(a->events), m = json_array_size(b->events);

	while (i < n && i < m && same(json_array_get(a->events, i), json_array_get(b->events, i)))
		i++;
	return i;
}

/* What the time line does not say of a step, and the two sides may differ in. */
static void add_step_values(struct buf *line, const json_t *body)
{
	if (!json_object_get(body, "step"))
		return;
	while (line->len && line->data[line->len - 1] == '\n')
		line->data[--line->len] = '\0';
	describe_json(line, ": ", json_object_get(body, "result"));
	describe_json(line, ": in ", json_object_get(body, "result_file"));
	describe_json(line, " of ", json_object_get(body, "input"));
	describe_json(line, " of ", json_object_get(body, "input_sha256"));
	buf_addc(line, '\n');
}

static void print_event(const struct cli *cli, char mark, const json_t *body)
{
	struct buf line = BUF_INIT;
	struct event event;
	struct err ignored = ERR_INIT;

	if (!body) {
		out_format("%c     nothing more\n", mark);
		return;
	}
	if (event_of_json(&event, (json_t *)(uintptr_t)body, &ignored) < 0)
		return;
	timeline_add(&line, &event, 0, false);
	add_step_values(&line, body);
	if (buf_ok(&line))
		out_format("%s%c %s%s", tint(cli->out_color, mark == '-' ? TINT_RED : TINT_GREEN),
			   mark, line.data, tint(cli->out_color, TINT_NONE));
	event_release(&event);
	buf_release(&line);
}

static void print_pair(const struct cli *cli, const json_t *a, const json_t *b, const char *what)
{
	json_t *object;

	if (!cli->general.json) {
		print_event(cli, '-', a);
		print_event(cli, '+', b);
		return;
	}
	object = json_pack("{s:s, s:O?, s:O?}", "type", what, "a", a, "b", b);
	if (object)
		out_json(object);
	json_decref(object);
}

/* Steps that have an outcome on one side only, or another on each. */
static size_t print_outcomes(const struct cli *cli, const struct side *a, const struct side *b,
			     bool headed)
{
	const char *cmd;
	json_t *body, *all = json_copy(a->outcomes);
	size_t n = 0;

	if (all)
		json_object_update_missing(all, b->outcomes);
	json_object_foreach (all, cmd, body) {
		const json_t *x = json_object_get(a->outcomes, cmd),
			     *y = json_object_get(b->outcomes, cmd);

		if (x && y && same(x, y))
			continue;
		if (n++ == 0 && headed)
			out_format("outcomes of steps that differ:\n");
		print_pair(cli, x, y, "outcome");
	}
	json_decref(all);
	return n;
}

static void print_ends(const struct cli *cli, const struct side *a, const struct side *b)
{
	if ((!a->end && !b->end) || (a->end && b->end && same(a->end, b->end)))
		return;
	if (!cli->general.json)
		out_format("how they ended:\n");
	print_pair(cli, a->end, b->end, "end");
}

static void compare(const struct cli *cli, const struct side *a, const struct side *b)
{
	size_t at = find_parting(a, b);
	const json_t *x = json_array_get(a->events, at), *y = json_array_get(b->events, at);

	if (!x && !y) {
		if (!cli->general.json && !cli->general.quiet)
			out_format("they do not differ\n");
		return;
	}
	if (!cli->general.json)
		out_format("--- %s\n+++ %s\nthey part after %zu events:\n", a->name, b->name, at);
	print_pair(cli, x, y, "parting");
	print_outcomes(cli, a, b, !cli->general.json);
	print_ends(cli, a, b);
}

static int diff(struct cli *cli, const void *values)
{
	struct side a = {.name = cli->args[0]}, b = {.name = cli->args[1]};
	struct err err = ERR_INIT;
	struct state state;
	bool need = !is_file(a.name) || !is_file(b.name);
	int status = need ? cli_need_state(cli, &state) : EXIT_COMPLETED;

	(void)values;
	if (status)
		return status;
	if (take_side(&a, need ? &state : NULL, &err) < 0 ||
	    take_side(&b, need ? &state : NULL, &err) < 0)
		status = err.code == ERR_DAMAGED && is_file(a.name) ? complain_usage("%s", err.text)
								    : complain(&err);
	else
		compare(cli, &a, &b);
	release(&a);
	release(&b);
	if (need)
		state_release(&state);
	return status;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.summary = "show where two runs part, and how their outcomes differ",
	.arguments = "ID|FILE.jsonl ID|FILE.jsonl",
	.details = "FILE.jsonl holds what wf show ID --json printed.",
	.least = 2,
	.most = 2,
	.uses = USE_LOOK | USE_QUIET,
	.first = WORDS_RUN,
	.others = WORDS_RUN,
	.run = diff,
};
