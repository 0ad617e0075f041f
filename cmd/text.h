/* SPDX-License-Identifier: MIT */
/* Text for terminals: UTF-8, its width in columns, and nothing that steers the terminal. */
#ifndef WF_CMD_TEXT_H
#define WF_CMD_TEXT_H

#include <stddef.h>

struct buf;

/* Columns that text takes; call setlocale() first where wide characters matter. */
size_t text_width(const char *text);
/* Append at most `columns` columns of one line of text: control characters and bad bytes become
 * '?', a line break and tabs a blank, and what does not fit ends in "...". Returns the columns
 * used. */
size_t text_add(struct buf *out, const char *text, size_t columns);
/* The same without a limit. */
void text_line(struct buf *out, const char *text);
void text_pad(struct buf *out, size_t n);
/* A word as a shell takes it: quoted where needed. */
void text_shell(struct buf *out, const char *word);

#endif
