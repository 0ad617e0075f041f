/* SPDX-License-Identifier: MIT */
/* How a run ended, or stands, told to the user: result to stdout, anything else in one line on
 * stderr. */
#ifndef WF_CMD_REPORT_H
#define WF_CMD_REPORT_H

#include "../lib/engine/status.h"
#include "view.h"

struct cli;
struct err;
struct state;

/* After it was driven: result or complaint, or with --json its object. told: the view has
 * complained already. */
void report_ended(struct cli *cli, struct state *state, const struct ended *ended, bool result,
		  bool told);
/* A run that nobody here drove: closed, halted or waiting. Returns the exit status. */
int report_summary(struct cli *cli, const struct run_summary *summary);
/* The object of wf-json(5) of one run, as --json prints it. 0, or the exit status. */
int report_json(struct cli *cli, struct state *state, const char *id);
/* Summarize a run wherever it is: open or closed. */
int report_load(struct state *state, const char *id, struct run_summary *ret, struct err *err);

#endif
