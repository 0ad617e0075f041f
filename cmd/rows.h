/* SPDX-License-Identifier: MIT */
/* Many runs, summarized and printed: what wf status and wf list share. */
#ifndef WF_CMD_ROWS_H
#define WF_CMD_ROWS_H

#include "../lib/engine/status.h"

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct err;
struct state;

struct rows {
	struct run_summary *v;
	size_t n;
	size_t total;      /* that were meant, beyond the limit too */
	size_t unreadable; /* runs that were told about and left out */
};

/* JSON lines or a table, at most limit (0: all). */
void rows_print(struct cli *cli, const struct rows *rows, size_t limit);
void rows_release(struct rows *rows);

#endif
