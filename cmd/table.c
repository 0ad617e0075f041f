/* SPDX-License-Identifier: MIT */
#include "table.h"

#include "../lib/base/buf.h"
#include "text.h"

#include <stdint.h>
#include <stdlib.h>

#define MOST_COLUMNS 16
#define GAP 2

struct cell {
	size_t at, width; /* text: offset in texts */
	enum tint tint;
	bool right;
};

struct table {
	size_t columns, count, size;
	size_t widths[MOST_COLUMNS];
	struct cell *cells;
	struct buf texts;
	bool failed;
};

struct table *table_new(size_t columns)
{
	struct table *table = calloc(1, sizeof *table);

	if (table)
		table->columns = columns < MOST_COLUMNS ? columns : MOST_COLUMNS;
	return table;
}

static struct cell *grow(struct table *table)
{
	if (table->count == table->size) {
		size_t size = table->size ? table->size * 2 : 64;
		struct cell *cells = realloc(table->cells, size * sizeof *cells);

		if (!cells)
			return NULL;
		table->cells = cells;
		table->size = size;
	}
	return &table->cells[table->count++];
}

void table_cell(struct table *table, const char *text, enum tint tint, bool right)
{
	struct cell *cell = grow(table);

	if (!cell) {
		table->failed = true;
		return;
	}
	size_t column = (table->count - 1) % table->columns;
	*cell = (struct cell){table->texts.len, 0, tint, right};
	text_line(&table->texts, text);
	buf_addc(&table->texts, '\0');
	if (!buf_ok(&table->texts))
		return;
	cell->width = text_width(table->texts.data + cell->at);
	if (cell->width > table->widths[column])
		table->widths[column] = cell->width;
}

static void print_cell(const struct table *table, const struct cell *cell, size_t column,
		       size_t left, struct buf *out, bool color)
{
	bool last = column + 1 == table->columns;
	size_t gap = table->widths[column] - cell->width;
	bool tinted = color && cell->tint != TINT_NONE && cell->width;

	if (cell->right)
		text_pad(out, gap);
	buf_adds(out, tint(tinted, cell->tint));
	text_add(out, table->texts.data + cell->at, left);
	buf_adds(out, tint(tinted, TINT_NONE));
	if (!last)
		text_pad(out, (cell->right ? 0 : gap) + GAP);
}

static void print_row(const struct table *table, const struct cell *row, struct buf *out,
		      size_t width, bool color)
{
	size_t used = 0;

	for (size_t i = 0; i < table->columns; i++) {
		size_t left = width ? (width > used ? width - used : 0) : SIZE_MAX / 2;

		if (i && !left)
			break;
		print_cell(table, &row[i], i, left, out, color);
		used += table->widths[i] + GAP;
	}
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_addc(out, '\n');
}

bool table_print(const struct table *table, struct buf *out, size_t width, bool color)
{
	if (table->failed || (table->count && !buf_ok(&table->texts)))
		return false;
	for (size_t at = 0; at + table->columns <= table->count; at += table->columns)
		print_row(table, &table->cells[at], out, width, color);
	return buf_ok(out);
}

void table_free(struct table *table)
{
	if (!table)
		return;
	free(table->cells);
	buf_release(&table->texts);
	free(table);
}
