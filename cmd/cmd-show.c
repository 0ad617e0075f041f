/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/os/file.h"
#include "../lib/os/os.h"
#include "../lib/store/history.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "timeline.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define RUN_JSON_MOST ((size_t)256 << 20)

struct showing {
	struct cli *cli;
	struct buf line;
	int64_t day;      /* that was told last, in days of local time */
	unsigned columns; /* of the terminal; 0: none */
};

static int64_t day_of(int64_t at)
{
	time_t seconds = (time_t)(at / 1000);
	struct tm tm = {0};

	localtime_r(&seconds, &tm);
	return tm.tm_year * 366 + tm.tm_yday;
}

static void print_event(struct showing *s, const struct event *event)
{
	if (s->cli->general.json) {
		out_json(event->body);
		return;
	}
	if (event->type == EVENT_SEGMENT)
		return;
	buf_clear(&s->line);
	if (day_of(event->at) != s->day)
		timeline_day(&s->line, event, s->cli->out_color);
	s->day = day_of(event->at);
	timeline_add(&s->line, event, s->columns, s->cli->out_color);
	if (buf_ok(&s->line))
		out_text(s->line.data, s->line.len);
}

/* What an event keeps outside its line comes before it, so that wf replay needs nothing else. */
static int print_payloads(const struct event *event, struct run *run, struct err *err)
{
	const char *key;
	json_t *name, *value, *object;

	json_object_foreach (event->body, key, name) {
		if (!str_ends(key, "_file") || !json_is_string(name))
			continue;
		if (run_get_payload(run, json_string_value(name), &value, err) < 0)
			return -err->code;
		object = json_pack("{s:s, s:O, s:o}", "type", "payload", "file", name, "value",
				   value);
		if (!object)
			return err_nomem(err);
		out_json(object);
		json_decref(object);
	}
	return 0;
}

/* Why something failed is told in the line also where it is too large for that of the history; one
 * that is lost is for wf fsck to tell. */
static void bring_error(const struct event *event, struct run *run)
{
	const char *name = json_string_value(json_object_get(event->body, "error_file"));
	struct err ignored = ERR_INIT;
	json_t *error = NULL;

	if (name && run_get_payload(run, name, &error, &ignored) == 0)
		json_object_set_new(event->body, "error", error);
}

static int print_run(struct state *state, const struct run *run, struct err *err)
{
	struct buf text = BUF_INIT;
	char *path = str_format("%s/run.json", run->path);
	json_t *object = NULL;
	int r = path ? os_read_file(state->os, path, RUN_JSON_MOST, &text, err) : err_nomem(err);

	if (r == 0) {
		json_t *info = json_loadb(text.data ? text.data : "", text.len, JSON_ALLOW_NUL,
					  NULL);

		object = info ? json_pack("{s:s, s:o}", "type", "run", "run", info) : NULL;
		r = object ? 0 : err_nomem(err);
	}
	if (r == 0)
		out_json(object);
	json_decref(object);
	buf_release(&text);
	free(path);
	return r;
}

static int print_events(struct showing *s, struct history *history, struct run *run,
			struct err *err)
{
	struct event event;
	int r = 0;

	while (!out_broken() && (r = history_read(history, &event, err)) > 0) {
		if (s->cli->general.json)
			r = print_payloads(&event, run, err);
		else
			bring_error(&event, run);
		if (r >= 0)
			print_event(s, &event);
		event_release(&event);
		if (r < 0)
			return r;
	}
	return r < 0 ? r : 0;
}

static unsigned terminal_columns(const struct cli *cli)
{
	struct winsize size;

	return cli->out_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static int show_run(struct cli *cli, struct state *state, struct err *err)
{
	struct showing showing = {
		.cli = cli, .line = BUF_INIT, .day = -1, .columns = terminal_columns(cli)};
	struct history_options options = {.writable = false};
	struct history *history = NULL;
	struct run run;
	char *dir;
	int r = run_open(&run, state, cli->args[0], err);

	if (r < 0)
		return r;
	dir = str_format("%s/history", run.path);
	r = dir ? history_open(&history, state->os, dir, &options, err) : err_nomem(err);
	if (r == 0 && cli->general.json)
		r = print_run(state, &run, err);
	if (r == 0)
		r = print_events(&showing, history, &run, err);
	history_close(history);
	free(dir);
	run_release(&run);
	buf_release(&showing.line);
	return r;
}

static int show(struct cli *cli, const void *values)
{
	struct state state;
	struct err err = ERR_INIT;
	int status = cli_need_state(cli, &state);

	(void)values;
	if (status)
		return status;
	if (show_run(cli, &state, &err) < 0)
		status = complain(&err);
	state_release(&state);
	return status;
}

const struct cmd cmd_show = {
	.name = "show",
	.summary = "show what happened in a run, event by event",
	.arguments = "ID",
	.details =
		"With --json: run.json, and then the events as they are in the history, one a line. "
		"wf replay reads that.",
	.least = 1,
	.most = 1,
	.uses = USE_LOOK,
	.first = WORDS_RUN,
	.run = show,
};
