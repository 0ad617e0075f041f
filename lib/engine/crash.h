/* SPDX-License-Identifier: MIT */
/*
 * When workflow code crashes the driver (a bad pointer, a stack overflow), the
 * heap can no longer be trusted, so nothing is appended: a handler on a stack of its own says on
 * stderr what happened, leaves halted.json in the run's folder by plain system calls, and exits
 * with 6. The history is whole; a mended module goes on from it.
 */
#ifndef WF_ENGINE_CRASH_H
#define WF_ENGINE_CRASH_H

struct committer;
struct err;

/* Install the handlers. committer: closed and waited for before the exit; may be NULL. */
int crash_install(struct committer *committer, struct err *err);
/* Put the old handlers back. */
void crash_uninstall(void);
/* Workflow code of this run runs from here on, until the call with NULL. Borrowed. */
void crash_guard(const char *run_path, const char *run_id);
/* A number for the workflow code that runs now, another each time; 0: none does. For signal
 * handlers, as is: */
unsigned long crash_turn(void);
/* Tell why ("workflow NAME<why>"), and leave with status: what was told is committed, and the run
 * is interrupted. Does not return. */
void crash_leave(const char *why, int status);

#endif
