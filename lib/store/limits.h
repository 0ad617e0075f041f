/* SPDX-License-Identifier: MIT */
/*
 * Limits that hold over all runs of a state directory, in <state>/limits/<key>/.
 *
 * How many at once: files 0, 1, ... N-1, the slots. Who has the kernel lock on one has it; so a
 * death lets go. How many a second: the file "rate" says, in microseconds of the monotonic clock,
 * when the next one may be and when it was written ("next at\n"); it is changed under a kernel lock
 * on itself. After a reboot the clock is behind "at", and the file counts no more.
 */
#ifndef WF_STORE_LIMITS_H
#define WF_STORE_LIMITS_H

#include <stdint.h>

struct err;
struct state;

/* The folder of a kind ("step", "workflow") and a name, made if missing. New. */
char *limits_folder(struct state *state, const char *kind, const char *name, struct err *err);
/* A descriptor that holds a slot until it is closed; -1 when all limit are taken: *ret_fd. Folders
 * are told of the close (IN_CLOSE_WRITE), and only of that of one who had a slot. */
int limits_take(struct state *state, const char *folder, unsigned limit, int *ret_fd,
		struct err *err);
/* Reserve the next place in a row of rate a second: how long to wait for it, in microseconds. */
int limits_reserve(struct state *state, const char *folder, double rate, int64_t *ret_wait,
		   struct err *err);

#endif
