/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "clock.h"
#include "describe.h"
#include "output.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static enum tint tint_of(enum run_status status)
{
	static const enum tint tints[] = {
		[STATUS_RUNNING] = TINT_BLUE,       [STATUS_SUSPENDED] = TINT_DIM,
		[STATUS_INTERRUPTED] = TINT_YELLOW, [STATUS_HALTED] = TINT_RED,
		[STATUS_COMPLETED] = TINT_GREEN,    [STATUS_FAILED] = TINT_RED,
		[STATUS_CANCELLED] = TINT_YELLOW,   [STATUS_TERMINATED] = TINT_YELLOW,
	};

	return tints[status];
}

/* The last column: what it does, waits for, or why it failed. */
static void details(struct buf *out, const struct run_summary *s)
{
	switch (s->status) {
	case STATUS_RUNNING:
		buf_addf(out, "driven by process %ld", (long)s->driver);
		break;
	case STATUS_SUSPENDED:
		if (s->due)
			buf_adds(out, "due: ");
		describe_waits(out, s->waiting);
		break;
	case STATUS_INTERRUPTED:
		buf_adds(out, "nobody drives it; 'wf resume' does");
		break;
	case STATUS_COMPLETED:
		buf_adds(out, "in ");
		describe_ms(out, s->closed - s->created);
		break;
	default:
		describe_failure(out, s->error);
		break;
	}
}

static void add_row(struct table *table, const struct run_summary *s)
{
	struct buf text = BUF_INIT;
	char steps[24];

	table_cell(table, s->id, TINT_BOLD, false);
	table_cell(table, s->workflow, TINT_NONE, false);
	table_cell(table, run_status_name(s->status), tint_of(s->status), false);
	snprintf(steps, sizeof steps, "%llu", (unsigned long long)s->steps);
	table_cell(table, steps, TINT_NONE, true);
	describe_time(&text, s->created);
	table_cell(table, buf_ok(&text) ? text.data : "", TINT_NONE, false);
	buf_clear(&text);
	details(&text, s);
	table_cell(table, buf_ok(&text) && text.data ? text.data : "", TINT_NONE, false);
	buf_release(&text);
}

static size_t width_of_terminal(const struct cli *cli)
{
	struct winsize size;

	return cli->out_tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void print_table(struct cli *cli, const struct rows *rows, size_t n)
{
	static const char *const heads[] = {"ID",    "WORKFLOW", "STATUS",
					    "STEPS", "CREATED",  "DETAILS"};
	struct table *table = table_new(6);
	struct buf out = BUF_INIT;

	if (!table) {
		say("out of memory");
		return;
	}
	for (size_t i = 0; i < 6; i++)
		table_cell(table, heads[i], TINT_DIM, i == 3);
	for (size_t i = 0; i < n; i++)
		add_row(table, &rows->v[i]);
	if (table_print(table, &out, width_of_terminal(cli), cli->out_color))
		out_text(out.data, out.len);
	else
		say("out of memory");
	buf_release(&out);
	table_free(table);
}

void rows_print(struct cli *cli, const struct rows *rows, size_t limit)
{
	size_t n = limit && limit < rows->n ? limit : rows->n;

	if (!cli->general.json) {
		if (n)
			print_table(cli, rows, n);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		json_t *object = run_summary_json(&rows->v[i]);

		/* of closed runs only 'wf status ID' reads them, so lists tell them of none */
		json_object_del(object, "memo");
		json_object_del(object, "details");
		if (object)
			out_json(object);
		json_decref(object);
	}
}

void rows_release(struct rows *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		run_summary_release(&rows->v[i]);
	free(rows->v);
	*rows = (struct rows){0};
}
