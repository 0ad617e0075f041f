/* SPDX-License-Identifier: MIT */
/* Which runs are meant: open, closed, those that a filter holds for. */
#ifndef WF_CMD_SELECT_H
#define WF_CMD_SELECT_H

#include "rows.h"

#include <stdbool.h>
#include <stddef.h>

struct err;
struct filter;
struct state;

struct selection {
	bool open, closed;
	const struct filter *filter; /* NULL: all */
	size_t limit;                /* only the newest so many are made; 0: all */
};

/* The filter of --where (NULL: *ret is NULL). New. */
int select_parse(struct filter **ret, const char *where, struct err *err);
/* Newest first. rows->total: how many there are beyond the limit too. Closed runs come from the
 * index; what it lacks is read, and added to it. */
int select_rows(struct rows *ret, struct state *state, const struct selection *selection,
		struct err *err);

#endif
