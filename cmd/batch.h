/* SPDX-License-Identifier: MIT */
/*
 * One command for many runs: those that --where EXPR holds for, or whose ids come from
 * standard input ("-"), one a line. --dry-run prints the ids and does nothing.
 */
#ifndef WF_CMD_BATCH_H
#define WF_CMD_BATCH_H

#include "targets.h"

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct err;
struct state;

struct batch {
	const char *where;
	bool dry_run;
};

/* Two options of a command whose values have a struct batch as this member. */
#define BATCH_OPTIONS(values, member) \
	{.name = "where", \
	 .argument = "EXPR", \
	 .kind = OPTION_TEXT, \
	 .offset = offsetof(values, member) + offsetof(struct batch, where), \
	 .help = "every run that this holds for, as in wf-list(1), in place of ids"}, \
	{ \
		.name = "dry-run", .kind = OPTION_FLAG, \
		.offset = offsetof(values, member) + offsetof(struct batch, dry_run), \
		.help = "only print the ids of the runs that are meant" \
	}

/* Which runs to look among. */
enum batch_of { BATCH_OPEN = 1, BATCH_CLOSED = 2 };

/* The runs that n operands and batch mean; state is needed for --where alone. ERR_USAGE when there
 * is neither, or both. */
int batch_targets(struct targets *ret, struct state *state, const struct batch *batch,
		  char *const *ids, size_t n, unsigned of, struct err *err);
/* The same with the state directory, which stays open when this returns 0; else the exit status,
 * and it was complained. */
int batch_open(struct cli *cli, struct targets *ret, struct state *state, const struct batch *batch,
	       char *const *ids, size_t n, unsigned of);
/* Whether it is about many, and so ends with a summary in place of a line for each. */
bool batch_many(const struct batch *batch, char *const *ids, size_t n);
/* Print the ids, for --dry-run. Returns the exit status. */
int batch_print(struct cli *cli, const struct targets *targets);
/* "12 of 14 runs were asked to stop" on stderr. */
void batch_summary(const struct cli *cli, size_t done, size_t n, const char *what);

#endif
