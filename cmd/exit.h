/* SPDX-License-Identifier: MIT */
/* What the exit status of every command says. The table of wf(1) is compared with this one by a
 * test. */
#ifndef WF_CMD_EXIT_H
#define WF_CMD_EXIT_H

#include "../lib/engine/driver.h"
#include "../lib/engine/status.h"

struct err;

enum wf_exit {
	EXIT_COMPLETED = 0, /* completed */
	EXIT_FAILED = 1,    /* the workflow failed */
	EXIT_USAGE = 2,     /* usage: nothing was changed */
	EXIT_SUSPENDED = 3, /* suspended: waits for a timer, signal or completion */
	EXIT_BUSY = 4,      /* another process drives this run */
	EXIT_CANCELLED = 5, /* cancelled or terminated */
	EXIT_HALTED = 6,    /* halted: nondeterministic replay, or a module that cannot be loaded */
	EXIT_STATE = 7,     /* state directory damaged, unwritable or full */
	EXIT_SIGINT = 130,  /* stopped by SIGINT */
	EXIT_SIGTERM = 143, /* stopped by SIGTERM */
};

int exit_of_error(const struct err *err);
int exit_of_end(enum drive_end end, int signal);
int exit_of_status(enum run_status status);
/* Of two exits of one command that drove several runs, the one to report. */
int exit_worse(int a, int b);

#endif
