/* SPDX-License-Identifier: MIT */
/* One line on stderr for each thing that happened. Lines that come fast are written together. */
#include "view.h"

#include "../lib/base/buf.h"
#include "cli.h"
#include "clock.h"
#include "describe.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

#define AT_ONCE_US 20000 /* quiet for so long: the next line is written at once */
#define HOLD_BYTES 32768

struct plain {
	struct buf lines;
	struct buf last_wait; /* so that the same wait is told once */
	int64_t written;      /* when, monotonic microseconds */
	bool many;
};

static void *plain_open(const struct cli *cli, bool many)
{
	struct plain *plain = calloc(1, sizeof *plain);

	(void)cli;
	if (plain)
		plain->many = many;
	return plain;
}

static void plain_write(void *view)
{
	struct plain *plain = view;

	if (buf_ok(&plain->lines) && plain->lines.len)
		err_write(plain->lines.data, plain->lines.len);
	buf_clear(&plain->lines);
	plain->written = clock_us();
}

/* Whether the line that begins at `from` says what was said last about waiting. */
static bool told_already(struct plain *plain, const struct progress *p, size_t from)
{
	if (p->kind != PROGRESS_WAITING)
		return false;
	size_t n = plain->lines.len - from;
	const char *line = plain->lines.data + from;
	bool same = plain->last_wait.len == n && !memcmp(plain->last_wait.data, line, n);

	buf_clear(&plain->last_wait);
	buf_add(&plain->last_wait, line, n);
	return same;
}

static void plain_progress(void *view, const struct progress *p)
{
	struct plain *plain = view;
	size_t from = plain->lines.len;

	if (plain->many && p->kind != PROGRESS_RUN_STARTED && p->kind != PROGRESS_RUN_ENDED)
		buf_addf(&plain->lines, "%s: ", p->run_id);
	size_t start = plain->lines.len;
	describe_progress(&plain->lines, p);
	if (!buf_ok(&plain->lines))
		return;
	if (plain->lines.len == start || told_already(plain, p, from)) {
		if (plain->lines.data)
			plain->lines.data[plain->lines.len = from] = '\0';
		return;
	}
	buf_addc(&plain->lines, '\n');
	if (plain->lines.len > HOLD_BYTES || clock_us() - plain->written > AT_ONCE_US)
		plain_write(plain);
}

static void plain_close(void *view)
{
	struct plain *plain = view;

	if (!plain)
		return;
	plain_write(plain);
	buf_release(&plain->lines);
	buf_release(&plain->last_wait);
	free(plain);
}

const struct view_kind view_plain = {
	.open = plain_open,
	.progress = plain_progress,
	.tick = plain_write,
	.tick_ms = 50,
	.rest = plain_write,
	.close = plain_close,
};
