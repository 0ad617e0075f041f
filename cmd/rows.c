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

struct loading {
	struct rows *rows;
	struct state *state;
	struct err *err;
};

static int load_one(void *arg, const char *id, bool closed)
{
	struct loading *loading = arg;
	struct rows *rows = loading->rows;
	struct err err = ERR_INIT;

	if (rows->n == rows->size) {
		size_t size = rows->size ? rows->size * 2 : 64;
		struct run_summary *v = realloc(rows->v, size * sizeof *v);

		if (!v)
			return err_nomem(loading->err);
		rows->v = v;
		rows->size = size;
	}
	if (run_summarize(&rows->v[rows->n], loading->state, id, closed, &err) == 0) {
		rows->n++;
	} else if (err.code !=
		   ERR_NOT_FOUND) { /* a run that was closed meanwhile is there no more */
		warn("run '%s' cannot be read: %s", id, err.text);
		rows->unreadable++;
	}
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct run_summary *x = a, *y = b;

	if (x->created != y->created)
		return x->created > y->created ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* A run that moved from open/ to closed/ while they were read is there twice; the later reading
 * holds. */
static void drop_doubles(struct rows *rows)
{
	size_t kept = 0;

	for (size_t i = 0; i < rows->n; i++) {
		if (kept && !strcmp(rows->v[kept - 1].id, rows->v[i].id)) {
			bool later = rows->v[i].closed != 0;

			run_summary_release(&rows->v[later ? kept - 1 : i]);
			if (later)
				rows->v[kept - 1] = rows->v[i];
			continue;
		}
		rows->v[kept++] = rows->v[i];
	}
	rows->n = kept;
}

int rows_load(struct rows *ret, struct state *state, bool open, bool closed, struct err *err)
{
	struct loading loading = {ret, state, err};

	*ret = (struct rows){0};
	int r = state_each_run(state, open, closed, load_one, &loading, err);
	if (r < 0)
		return r;
	if (ret->n)
		qsort(ret->v, ret->n, sizeof *ret->v, newest_first);
	drop_doubles(ret);
	return 0;
}

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
