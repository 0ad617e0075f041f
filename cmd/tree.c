/* SPDX-License-Identifier: MIT */
/*
 * The live tree on a terminal. A frame is one write: back to the first line of
 * the last frame, every line anew. No mode of the terminal is changed, so there
 * is nothing to restore, whatever kills the process.
 */
#include "view.h"

#include "../lib/base/buf.h"
#include "cli.h"
#include "clock.h"
#include "output.h"
#include "text.h"
#include "tree_draw.h"
#include "tree_model.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BETWEEN_FRAMES_US 50000

struct tree {
	struct tree_model model;
	struct buf above; /* lines that go above the tree and stay: of wf_log */
	struct buf frame; /* the last one that was drawn */
	int64_t drawn;    /* when */
	bool color, unicode, dirty, drawn_any;
};

static void *tree_open(const struct cli *cli, bool many)
{
	struct tree *tree = calloc(1, sizeof *tree);

	(void)many;
	if (!tree)
		return NULL;
	setlocale(LC_CTYPE, "");
	tree->unicode = !strcmp(nl_langinfo(CODESET), "UTF-8");
	tree->color = cli->err_color;
	tree->drawn = clock_us(); /* what is over in no time is drawn once */
	return tree;
}

static void size_of_terminal(struct frame *frame)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
		size = (struct winsize){.ws_col = 80, .ws_row = 24};
	frame->columns = size.ws_col > 1 ? size.ws_col - 1u
					 : 1; /* the last column is left free: nothing wraps */
	frame->rows = size.ws_row > 1 ? size.ws_row - 1u : 1;
}

/* Width on the screen of a line that may hold colours. */
static size_t visible(const char *line, size_t n)
{
	struct buf plain = BUF_INIT;
	size_t width = 0;

	for (size_t i = 0; i < n; i++) {
		if (line[i] == '\033')
			while (i < n && line[i] != 'm')
				i++;
		else
			buf_addc(&plain, line[i]);
	}
	if (buf_ok(&plain) && plain.len)
		width = text_width(plain.data);
	buf_release(&plain);
	return width;
}

/* Rows that the last frame takes now: a terminal that became narrower has wrapped its lines. */
static size_t rows_drawn(const struct tree *tree, size_t columns)
{
	size_t rows = 0;

	for (size_t at = 0; at < tree->frame.len;) {
		const char *line = tree->frame.data + at;
		size_t n = strcspn(line, "\n"), width = visible(line, n);

		rows += width ? (width + columns - 1) / columns : 1;
		at += n + 1;
	}
	return rows;
}

/* Lines, each cleared to its end. */
static void add_lines(struct buf *out, const struct buf *lines)
{
	for (size_t at = 0; at < lines->len;) {
		size_t n = strcspn(lines->data + at, "\n");

		buf_add(out, lines->data + at, n);
		buf_adds(out, "\033[K\n");
		at += n + 1;
	}
}

static void draw(struct tree *tree)
{
	struct frame frame = {.now = clock_us(), .color = tree->color, .unicode = tree->unicode};
	struct buf next = BUF_INIT, out = BUF_INIT;

	size_of_terminal(&frame);
	size_t up = rows_drawn(tree, frame.columns + 1);
	tree_draw(&next, &tree->model, &frame);
	if (up > frame.rows)
		up = frame.rows;
	if (up)
		buf_addf(&out, "\033[%zuA\r", up);
	add_lines(&out, &tree->above);
	add_lines(&out, &next);
	buf_adds(&out, "\033[J");
	if (buf_ok(&out) && buf_ok(&next)) {
		err_write(out.data, out.len);
		buf_release(&tree->frame);
		tree->frame = next;
		buf_clear(&tree->above);
	} else {
		buf_release(&next);
	}
	buf_release(&out);
	tree->drawn = clock_us();
	tree->dirty = false;
	tree->drawn_any = true;
}

static void tree_progress(void *view, const struct progress *p)
{
	struct tree *tree = view;
	int64_t now = clock_us();

	tree_model_apply(&tree->model, p, now);
	if (p->kind == PROGRESS_LOG && p->text) {
		text_line(&tree->above, p->text);
		buf_addc(&tree->above, '\n');
	}
	tree->dirty = true;
	if (now - tree->drawn >= BETWEEN_FRAMES_US)
		draw(tree);
}

static void tree_tick(void *view)
{
	struct tree *tree = view;

	if (tree->model.runs)
		draw(tree);
}

static void tree_rest(void *view)
{
	struct tree *tree = view;

	if (tree->dirty || tree->drawn_any)
		draw(tree);
	buf_clear(&tree->frame); /* it stays */
	tree->dirty = tree->drawn_any = false;
}

static void tree_close(void *view)
{
	struct tree *tree = view;

	if (!tree)
		return;
	tree_model_release(&tree->model);
	buf_release(&tree->above);
	buf_release(&tree->frame);
	free(tree);
}

const struct view_kind view_tree = {
	.open = tree_open,
	.progress = tree_progress,
	.tick = tree_tick,
	.tick_ms = 100,
	.rest = tree_rest,
	.close = tree_close,
};
