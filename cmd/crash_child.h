/* SPDX-License-Identifier: MIT */
/* Driving a run in a child process that dies where it is told to. */
#ifndef WF_CMD_CRASH_CHILD_H
#define WF_CMD_CRASH_CHILD_H

#include <stdbool.h>
#include <stdint.h>

struct cli;
struct err;
struct fault;
struct state;

/* Where to die, out of N (just before the Nth event is durable) or N+ (just after). */
int crash_parse(const char *text, uint64_t *ret_at, bool *ret_after, struct err *err);
/* A fault in memory that this process and its children share. New; crash_unshare frees it. */
struct fault *crash_share(struct err *err);
void crash_unshare(struct fault *fault);

struct crash_child {
	struct cli *cli;
	struct state *state;
	const char *id;
	struct fault *fault; /* shared */
	bool wait;           /* in the foreground, for timers and signals */
	bool silent;         /* shows and prints nothing */
};

#define CRASH_KILLED (-1000)

/* Drive the run in a child. Its exit status; CRASH_KILLED when it was killed by SIGKILL; negative:
 * an error. SIGINT and SIGTERM meanwhile reach the child, and end it as they end any driver. */
int crash_drive(const struct crash_child *child, struct err *err);

#endif
