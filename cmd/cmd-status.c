/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/engine/status.h"
#include "../lib/model/dump.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "describe.h"
#include "exit.h"
#include "output.h"
#include "report.h"
#include "rows.h"
#include "select.h"
#include "text.h"

#include <stdlib.h>

#define MOST_WAITS 20

static void row(struct buf *out, const char *name)
{
	buf_addf(out, "%-10s", name);
}

static void row_time(struct buf *out, const char *name, int64_t at)
{
	row(out, name);
	describe_time(out, at);
	buf_addc(out, '\n');
}

static void json_line(struct buf *out, const char *name, const json_t *value)
{
	char *text = dump_json(value, JSON_COMPACT | JSON_ENCODE_ANY);

	row(out, name);
	if (text)
		text_line(out, text);
	buf_addc(out, '\n');
	free(text);
}

/* What the run says about itself. */
static void tell_lines(struct buf *out, const struct run_summary *s)
{
	const json_t *memo = json_object_get(s->told, "memo");
	const char *details = json_string_value(json_object_get(s->told, "details"));

	if (s->parent) {
		row(out, "parent");
		buf_addf(out, "%s\n", s->parent);
	}
	if (details) {
		row(out, "details");
		text_line(out, details);
		buf_addc(out, '\n');
	}
	if (s->tags)
		json_line(out, "tags", s->tags);
	if (json_object_size(memo))
		json_line(out, "memo", memo);
}

/* A line each, with what wf complete takes. */
static void wait_lines(struct buf *out, const json_t *waits)
{
	size_t n = json_array_size(waits);

	for (size_t i = 0; i < n && i < MOST_WAITS; i++) {
		const json_t *wait = json_array_get(waits, i);
		const char *token = json_string_value(json_object_get(wait, "token"));

		row(out, i ? "" : "waits for");
		describe_wait(out, wait);
		if (token) {
			buf_addf(out, " (number %lld, token ",
				 (long long)json_integer_value(json_object_get(wait, "cmd")));
			text_line(out, token);
			buf_addc(out, ')');
		}
		buf_addc(out, '\n');
	}
	if (n > MOST_WAITS)
		buf_addf(out, "%-10s%zu more; --json tells all\n", "", n - MOST_WAITS);
}

static void detail_lines(struct buf *out, const struct run_summary *s)
{
	row(out, "run");
	buf_addf(out, "%s\n", s->id);
	row(out, "workflow");
	buf_addf(out, "%s\n", s->workflow);
	row(out, "status");
	buf_addf(out, "%s%s\n", run_status_name(s->status), s->due ? ", and due" : "");
	if (s->driver) {
		row(out, "driver");
		buf_addf(out, "process %ld\n", (long)s->driver);
	}
	row(out, "steps");
	buf_addf(out, "%llu\n", (unsigned long long)s->steps);
	row_time(out, "created", s->created);
	row_time(out, "updated", s->updated);
	if (s->closed)
		row_time(out, "closed", s->closed);
	wait_lines(out, s->waiting);
	tell_lines(out, s);
	if (s->error) {
		row(out, "error");
		describe_failure(out, s->error);
		describe_report(out, s->error);
		buf_addc(out, '\n');
	}
	if (s->status == STATUS_INTERRUPTED || s->due) {
		row(out, "go on");
		buf_addf(out, "wf resume %s\n", s->id);
	}
}

static int status_of_one(struct cli *cli, struct state *state, const char *id)
{
	struct run_summary summary;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;

	if (cli->general.json)
		return report_json(cli, state, id);
	if (report_load(state, id, &summary, &err) < 0)
		return complain(&err);
	detail_lines(&out, &summary);
	if (buf_ok(&out))
		out_text(out.data, out.len);
	if (summary.result) {
		out_format("%-10s", "result");
		out_json(summary.result);
	}
	buf_release(&out);
	run_summary_release(&summary);
	return EXIT_COMPLETED;
}

static int status_of_all(struct cli *cli, struct state *state)
{
	struct selection open = {.open = true};
	struct rows rows = {0};
	struct err err = ERR_INIT;
	int status = EXIT_COMPLETED;

	if (select_rows(&rows, state, &open, &err) < 0)
		status = complain(&err);
	rows_print(cli, &rows, 0);
	if (!status && rows.unreadable)
		status = EXIT_STATE;
	if (!status && !rows.n && !cli->general.json)
		say("no open runs; 'wf list' shows those that have ended");
	rows_release(&rows);
	return status;
}

static int status(struct cli *cli, const void *values)
{
	struct state state;
	struct err err = ERR_INIT;

	(void)values;
	if (cli_open_state(cli, &state, false, &err) < 0) {
		if (err.code != ERR_NOT_FOUND || cli->nargs)
			return complain(&err);
		say("no runs yet; 'wf run WORKFLOW' starts one (%s)", err.text);
		return EXIT_COMPLETED;
	}
	int exit = cli->nargs ? status_of_one(cli, &state, cli->args[0])
			      : status_of_all(cli, &state);
	state_release(&state);
	return exit;
}

const struct cmd cmd_status = {
	.name = "status",
	.summary = "show what is open, who drives it and what it waits for",
	.arguments = "[ID]",
	.details = "Right even when a driver was killed: it is read from files and a kernel lock.",
	.most = 1,
	.uses = USE_LOOK,
	.first = WORDS_RUN,
	.run = status,
};
