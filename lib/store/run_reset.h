/* SPDX-License-Identifier: MIT */
/*
 * A run's history replaced by another one, all or nothing, under the run's lock.
 *
 *   history.reset/   the new history, whole and synced
 *   history/         renamed to history.left/, then history.reset/ renamed to history/
 *   attempts/, result.json, halted.json, history.left/   removed
 *
 * A death before the first rename leaves the old history and a folder that is
 * removed by run_reset_settle(); a death after it leaves what that call brings
 * to its end. So whoever takes the lock calls it first. A run that has ended is
 * moved to open/ before, where one that has ended may lie.
 */
#ifndef WF_STORE_RUN_RESET_H
#define WF_STORE_RUN_RESET_H

struct err;
struct run;

#define RUN_RESET_NEXT "history.reset"
#define RUN_RESET_LEFT "history.left"

/* End, or undo, what one who died has begun. */
int run_reset_settle(struct run *run, struct err *err);
/* Move closed/<id> back to open/<id>; nothing to do when it is there. */
int run_reopen(struct run *run, struct err *err);
/* The reset did not come to be: back to closed/. */
int run_put_back(struct run *run, struct err *err);
/* history.reset/ takes the place of history/. */
int run_reset_swap(struct run *run, struct err *err);

#endif
