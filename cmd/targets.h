/* SPDX-License-Identifier: MIT */
/* The runs that a command is told to do something to. */
#ifndef WF_CMD_TARGETS_H
#define WF_CMD_TARGETS_H

#include <stddef.h>

struct cli;
struct err;

struct targets {
	char **ids; /* owned */
	size_t n;
};

/* The operands of the command; "-" stands for the ids on standard input, one a line. */
int targets_load(struct targets *ret, const struct cli *cli, struct err *err);
void targets_release(struct targets *targets);

#endif
