/* SPDX-License-Identifier: MIT */
/* A frame of the live tree: lines of text, each no wider than the terminal, together no higher. */
#ifndef WF_CMD_TREE_DRAW_H
#define WF_CMD_TREE_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct tree_model;

struct frame {
	size_t columns, rows; /* at most */
	int64_t now;          /* monotonic microseconds */
	bool color, unicode;
};

/* Append the frame's lines, each with a line break. */
void tree_draw(struct buf *out, const struct tree_model *model, const struct frame *frame);

#endif
