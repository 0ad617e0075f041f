/* SPDX-License-Identifier: MIT */
/* wf run --crash-everywhere: does a run end the same, wherever its driver dies? */
#ifndef WF_CMD_CRASH_EVERYWHERE_H
#define WF_CMD_CRASH_EVERYWHERE_H

#include <stdbool.h>

struct cli;
struct new_run;

/* Run it undisturbed, and then once for each event and each side of it, killed there and resumed,
 * in scratch state directories of their own. new_run is not loaded yet. The exit status. */
int crash_everywhere(struct cli *cli, struct new_run *new_run, bool wait);

#endif
