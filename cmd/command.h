/* SPDX-License-Identifier: MIT */
/* A command: one const struct, one file cmd-NAME.c. */
#ifndef WF_CMD_COMMAND_H
#define WF_CMD_COMMAND_H

#include "options.h"

#include <stdbool.h>
#include <stddef.h>

struct cli;

/* Which general options a command takes. */
enum { USE_STATE = 1, USE_JSON = 2, USE_QUIET = 4, USE_COLOR = 8, USE_JOBS = 16, USE_ALONE = 32 };
#define USE_LOOK (USE_STATE | USE_JSON | USE_COLOR)
#define USE_DRIVE (USE_LOOK | USE_QUIET | USE_JOBS)

#define MANY 1000000

struct cmd {
	const char *name, *summary;
	const char *arguments;            /* of the usage line: "WORKFLOW [KEY=VALUE ...]" */
	const char *details;              /* more for the help; may be NULL */
	const struct option_def *options; /* may be NULL */
	size_t values_size;   /* of the struct that the options fill in, which begins as zeros */
	unsigned least, most; /* operands */
	unsigned uses;
	enum words_kind first, others; /* what operands are completed with */
	bool hidden;                   /* not in the help */
	bool verbatim;                 /* no option is recognised after the first operand */
	int (*run)(struct cli *cli, const void *values); /* returns the exit status */
};

/* All commands, in the order of the help; ended by NULL. */
extern const struct cmd *const commands[];
/* The general options; their values are a struct general. */
extern const struct option_def general_options[];

const struct cmd *command_find(const char *name);

#endif
