/* SPDX-License-Identifier: MIT */
/* The live tree: what it keeps, and that no frame is larger than its terminal. */
#include "../../cmd/text.h"
#include "../../cmd/tree_draw.h"
#include "../../cmd/tree_model.h"
#include "../../lib/base/buf.h"
#include "tap.h"

static struct tree_model model;
static int64_t now = 1000000;

static void happens(const char *run, enum progress_kind kind, uint64_t cmd, const char *step)
{
	struct progress p = {.kind = kind,
			     .run_id = run,
			     .workflow = "w",
			     .cmd = cmd,
			     .step = step,
			     .attempt = 1,
			     .us = 12000,
			     .text = "why",
			     .wait_ms = 4000,
			     .end = DRIVE_COMPLETED};

	ok(tree_model_apply(&model, &p, now), "kind %d of command %d is taken in", (int)kind,
	   (int)cmd);
}

/* The same without a line of TAP for each. */
static void many(uint64_t from, uint64_t to, enum progress_kind kind)
{
	struct progress p = {
		.kind = kind, .run_id = "r", .workflow = "w", .step = "s", .attempt = 1};

	for (p.cmd = from; p.cmd <= to; p.cmd++)
		if (!tree_model_apply(&model, &p, now))
			bail_out("no memory");
}

static char *drawn(size_t columns, size_t rows)
{
	static char text[100000];
	struct frame frame = {.columns = columns, .rows = rows, .now = now};
	struct buf out = BUF_INIT;

	tree_draw(&out, &model, &frame);
	snprintf(text, sizeof text, "%s", out.data ? out.data : "");
	buf_release(&out);
	return text;
}

static void reset(void)
{
	tree_model_release(&model);
}

static void test_life(void)
{
	happens("r", PROGRESS_RUN_STARTED, 0, NULL);
	happens("r", PROGRESS_STEP_STARTED, 1, "archive");
	is_str(drawn(79, 24), "r  running  0 steps, < 1 ms\n`- - archive  queued\n",
	       "a step that no worker is at");
	happens("r", PROGRESS_STEP_BEGAN, 1, "archive");
	now += 2000000;
	is_str(drawn(79, 24), "r  running  0 steps, 2 s\n`- * archive  2 s\n", "a step that runs");
	happens("r", PROGRESS_HEARTBEAT, 1, "archive");
	is_str(drawn(79, 24), "r  running  0 steps, 2 s\n`- * archive  2 s  why\n",
	       "what it says by heartbeat");
	happens("r", PROGRESS_STEP_RETRY, 1, "archive");
	now += 1000000;
	is_str(drawn(79, 24),
	       "r  running  0 steps, 3 s\n`- ~ archive  attempt 1 failed, again in 3 s  why\n",
	       "a step that waits for its next try");
	happens("r", PROGRESS_STEP_COMPLETED, 1, "archive");
	happens("r", PROGRESS_STEP_STARTED, 3, "b");
	happens("r", PROGRESS_STEP_FAILED, 3, "b");
	happens("r", PROGRESS_RUN_ENDED, 0, NULL);
	is_str(drawn(79, 24),
	       "r  completed  2 steps, 3 s\n|- + archive  12 ms\n`- x b        12 ms  why\n",
	       "the end");
	is_str(drawn(20, 24), "r  completed  2 s...\n|- + archive  12 ms\n`- x b        12 ms\n",
	       "cut");
	reset();
}

static size_t lines(const char *text, size_t *ret_widest)
{
	size_t n = 0;

	*ret_widest = 0;
	while (*text) {
		char line[500];
		size_t len = strcspn(text, "\n");

		snprintf(line, sizeof line, "%.*s", (int)len, text);
		if (text_width(line) > *ret_widest)
			*ret_widest = text_width(line);
		text += len + 1;
		n++;
	}
	return n;
}

static void test_bounds(void)
{
	size_t widest, worst_rows = 0, worst_columns = 0, over = 0;

	many(1, 3000, PROGRESS_STEP_STARTED);
	many(1, 2900, PROGRESS_STEP_COMPLETED);
	ok(model.runs->count <= 600, "old outcomes are let go of: %zu are kept", model.runs->count);
	is_int(model.runs->steps, 2900, "and counted");
	for (size_t rows = 1; rows < 40; rows++)
		for (size_t columns = 1; columns < 100; columns += 7) {
			size_t n = lines(drawn(columns, rows), &widest);

			if (n > rows || widest > columns) {
				over++;
				worst_rows = rows;
				worst_columns = columns;
			}
		}
	is_int(over, 0, "no frame is larger than its terminal (%zu rows, %zu columns)", worst_rows,
	       worst_columns);
	has_str(drawn(79, 10), "... 2900 before\n", "what is not shown is counted");
	has_str(drawn(79, 10), "more going on\n", "what goes on and has no room too");
	lines(drawn(79, 10), &widest);
	is_int(lines(drawn(79, 10), &widest), 10, "all rows are used");
	reset();
}

static void test_runs(void)
{
	size_t widest;

	for (int i = 0; i < 30; i++) {
		char id[16];
		struct progress p = {.kind = PROGRESS_STEP_STARTED,
				     .run_id = id,
				     .workflow = "w",
				     .cmd = 1,
				     .step = "s"};

		snprintf(id, sizeof id, "run-%d", i);
		if (!tree_model_apply(&model, &p, now))
			bail_out("no memory");
	}
	is_int(lines(drawn(79, 23), &widest), 23, "more runs than rows: all rows");
	has_str(drawn(79, 23), "run-29", "the newest is there");
	is_int(lines(drawn(79, 100), &widest), 60, "and with room for all, all");
	reset();
}

int main(void)
{
	is_str(drawn(79, 24), "", "nothing is drawn of nothing");
	test_life();
	test_bounds();
	test_runs();
	return done_testing();
}
