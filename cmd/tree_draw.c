/* SPDX-License-Identifier: MIT */
#include "tree_draw.h"

#include "../lib/base/buf.h"
#include "describe.h"
#include "output.h"
#include "text.h"
#include "tree_model.h"

#include <stdlib.h>

#define WIDEST_NAME 32

struct look {
	const char *unicode, *ascii;
	enum tint tint;
};

static const struct look looks[] = {
	[NODE_QUEUED] = {"○", "-", TINT_DIM},      [NODE_RUNNING] = {"●", "*", TINT_BLUE},
	[NODE_RETRY] = {"↻", "~", TINT_YELLOW},    [NODE_TIMER] = {"◷", "@", TINT_DIM},
	[NODE_COMPLETED] = {"✔", "+", TINT_GREEN}, [NODE_FAILED] = {"✘", "x", TINT_RED},
	[NODE_FIRED] = {"✔", "+", TINT_GREEN},
};

static const struct look ends[] = {
	[DRIVE_NOT_YET] = {"running", NULL, TINT_BLUE},
	[DRIVE_COMPLETED] = {"completed", NULL, TINT_GREEN},
	[DRIVE_FAILED] = {"failed", NULL, TINT_RED},
	[DRIVE_CANCELLED] = {"cancelled", NULL, TINT_YELLOW},
	[DRIVE_TERMINATED] = {"terminated", NULL, TINT_YELLOW},
	[DRIVE_SUSPENDED] = {"suspended", NULL, TINT_DIM},
	[DRIVE_HALTED] = {"halted", NULL, TINT_RED},
	[DRIVE_BROKEN] = {"broken off", NULL, TINT_RED},
	[DRIVE_STOPPED] = {"stopped", NULL, TINT_YELLOW},
};

/* A line under way: what is left of its columns. */
struct line {
	struct buf *out;
	const struct frame *frame;
	size_t left;
};

static void put(struct line *line, enum tint color, const char *text)
{
	bool tinted = line->frame->color && color != TINT_NONE && line->left;

	buf_adds(line->out, tint(tinted, color));
	line->left -= text_add(line->out, text, line->left);
	buf_adds(line->out, tint(tinted, TINT_NONE));
}

static void put_pad(struct line *line, size_t n)
{
	if (n > line->left)
		n = line->left;
	text_pad(line->out, n);
	line->left -= n;
}

static void put_buf(struct line *line, enum tint color, struct buf *text)
{
	if (buf_ok(text) && text->len)
		put(line, color, text->data);
	buf_release(text);
}

static void branch(struct line *line, bool last)
{
	if (line->frame->unicode)
		put(line, TINT_DIM, last ? "└─ " : "├─ ");
	else
		put(line, TINT_DIM, last ? "`- " : "|- ");
}

static void node_info(struct buf *text, const struct node *node, int64_t now)
{
	if (node->attempt > 1 && node->state != NODE_RETRY)
		buf_addf(text, "attempt %d, ", node->attempt);
	switch (node->state) {
	case NODE_QUEUED:
		buf_adds(text, "queued");
		break;
	case NODE_RUNNING:
		describe_us(text, now - node->since);
		break;
	case NODE_RETRY:
		buf_addf(text, "attempt %d failed, again in ", node->attempt);
		describe_ms(text, node->until > now / 1000 ? node->until - now / 1000 : 0);
		break;
	case NODE_TIMER:
		buf_adds(text, "until ");
		describe_time(text, node->until);
		break;
	case NODE_COMPLETED:
	case NODE_FAILED:
		describe_us(text, node->us);
		break;
	case NODE_FIRED:
		buf_adds(text, "fired");
		break;
	}
}

static void draw_node(struct buf *out, const struct frame *frame, const struct node *node,
		      size_t name_width, bool last)
{
	struct line line = {out, frame, frame->columns};
	const struct look *look = &looks[node->state];
	const char *name = node->name ? node->name : "timer";
	struct buf info = BUF_INIT;
	size_t width = text_width(name);

	branch(&line, last);
	put(&line, look->tint, frame->unicode ? look->unicode : look->ascii);
	put_pad(&line, 1);
	put(&line, node_is_over(node) ? TINT_NONE : TINT_BOLD, name);
	put_pad(&line, (width < name_width ? name_width - width : 0) + 2);
	node_info(&info, node, frame->now);
	put_buf(&line, TINT_DIM, &info);
	if (node->said && line.left > 2) {
		put_pad(&line, 2);
		put(&line, TINT_NONE, node->said);
	}
	if (node->text && node->state != NODE_COMPLETED && line.left > 2) {
		put_pad(&line, 2);
		put(&line, TINT_RED, node->text);
	}
	buf_addc(out, '\n');
}

static void draw_count(struct buf *out, const struct frame *frame, uint64_t n, const char *what,
		       bool last)
{
	struct line line = {out, frame, frame->columns};
	struct buf text = BUF_INIT;

	branch(&line, last);
	buf_addf(&text, "%s %llu %s", frame->unicode ? "…" : "...", (unsigned long long)n, what);
	put_buf(&line, TINT_DIM, &text);
	buf_addc(out, '\n');
}

static void draw_head(struct buf *out, const struct frame *frame, const struct tree_run *run)
{
	struct line line = {out, frame, frame->columns};
	struct buf text = BUF_INIT;

	put(&line, TINT_BOLD, run->id);
	put_pad(&line, 2);
	put(&line, ends[run->end].tint, ends[run->end].unicode);
	buf_addf(&text, "  %llu step%s", (unsigned long long)run->steps,
		 run->steps == 1 ? "" : "s");
	if (run->replayed)
		buf_addf(&text, " after %llu recorded", (unsigned long long)run->replayed);
	buf_adds(&text, ", ");
	describe_us(&text, frame->now - run->began);
	put_buf(&line, TINT_DIM, &text);
	buf_addc(out, '\n');
}

/* Which nodes there is room for: all that are going on, as far as they fit, then the last that are
 * over. */
struct choice {
	size_t active, over;   /* shown */
	uint64_t more, before; /* running and not shown; over and not shown */
};

static struct choice choose(const struct tree_run *run, size_t rows)
{
	size_t over = run->count - run->active;
	struct choice c = {run->active, over, 0, run->folded};

	if (run->count + (run->folded != 0) <= rows)
		return c;
	size_t room = rows > 2 ? rows - 2 : 0; /* for the two counts */
	if (c.active > room)
		c.active = room;
	c.over = over < room - c.active ? over : room - c.active;
	c.more = run->active - c.active;
	c.before = run->folded + over - c.over;
	return c;
}

static size_t widest(const struct tree_run *run)
{
	size_t most = 5;

	for (size_t i = 0; i < run->count; i++) {
		size_t width = run->nodes[i].name ? text_width(run->nodes[i].name) : 0;

		if (width > most)
			most = width;
	}
	return most < WIDEST_NAME ? most : WIDEST_NAME;
}

static void draw_run(struct buf *out, const struct frame *frame, const struct tree_run *run,
		     size_t rows)
{
	struct choice c = choose(run, rows);
	size_t skip_over = run->count - run->active - c.over, left = c.active + c.over,
	       name_width = widest(run);
	size_t active = c.active;

	draw_head(out, frame, run);
	if (rows && c.before)
		draw_count(out, frame, c.before, "before", !left && !c.more);
	for (size_t i = 0; i < run->count && left; i++) {
		const struct node *node = &run->nodes[i];
		bool over = node_is_over(node);

		if (over && skip_over) {
			skip_over--;
			continue;
		}
		if (!over && !active)
			continue;
		active -= !over;
		draw_node(out, frame, node, name_width, !--left && !c.more);
	}
	if (rows > 1 && c.more)
		draw_count(out, frame, c.more, "more going on", true);
}

void tree_draw(struct buf *out, const struct tree_model *model, const struct frame *frame)
{
	size_t runs = 0, shown, skip;

	for (const struct tree_run *run = model->runs; run; run = run->next)
		runs++;
	if (!runs || !frame->rows)
		return;
	shown = runs < frame->rows ? runs : frame->rows;
	skip = runs - shown; /* the last of them */
	size_t rows = frame->rows - shown, each = rows / shown;
	for (const struct tree_run *run = model->runs; run; run = run->next) {
		if (skip) {
			skip--;
			continue;
		}
		size_t need = run->count + (run->folded != 0);
		size_t give = --shown == 0 ? rows : need < each ? need : each;

		if (give > rows)
			give = rows;
		draw_run(out, frame, run, give);
		rows -= need < give ? need : give;
	}
}
