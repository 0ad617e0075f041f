/* SPDX-License-Identifier: MIT */
/* Ending runs as terminated: by whoever drives them, else by this process. */
#ifndef WF_CMD_END_RUN_H
#define WF_CMD_END_RUN_H

struct driver;
struct err;
struct state;

/* For any number of runs; begins as { .state = ... }. */
struct end_run {
	struct state *state;
	struct driver *driver; /* owned; NULL: not needed so far */
};

/* 1: it has ended, durably. 0: its driver does not answer; the request stands. ERR_NOT_FOUND,
 * ERR_CLOSED. */
int end_run(struct end_run *e, const char *id, const char *reason, struct err *err);
void end_run_release(struct end_run *e);
/* One run, or it is an error: ERR_BUSY when its driver does not answer. One that has ended is none.
 */
int end_run_surely(struct state *state, const char *id, const char *reason, struct err *err);

#endif
