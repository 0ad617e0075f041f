/* SPDX-License-Identifier: MIT */
/* Rows of text in aligned columns. */
#ifndef WF_CMD_TABLE_H
#define WF_CMD_TABLE_H

#include "output.h"

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct table;

/* columns: how many, at most 16. NULL when there is no memory. New. */
struct table *table_new(size_t columns);
/* The next cell, row by row; text is copied. right: aligned to the right. */
void table_cell(struct table *table, const char *text, enum tint tint, bool right);
/* All rows; lines are cut at width columns (0: never). False when memory ran out. */
bool table_print(const struct table *table, struct buf *out, size_t width, bool color);
void table_free(struct table *table);

#endif
