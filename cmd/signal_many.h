/* SPDX-License-Identifier: MIT */
/* One signal to many runs: those that --where holds for, or whose ids come from standard input. */
#ifndef WF_CMD_SIGNAL_MANY_H
#define WF_CMD_SIGNAL_MANY_H

#include "batch.h"

struct cli;

struct signal_many {
	const struct batch *batch;
	bool resume, wait;
};

/* The operands are those of wf signal, without the ID where there is --where. Returns the exit
 * status. */
int signal_many(struct cli *cli, const struct signal_many *s);

#endif
