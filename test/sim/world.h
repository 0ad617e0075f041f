/* SPDX-License-Identifier: MIT */
/*
 * One simulated schedule: the real core and the real store over a simulated
 * disk, clock and workers, all from one seed. A driver of the simulator's own
 * does what the real one does in a turn (append, sync, feed, serve); between
 * turns attempts end or fail, timers fire, the process is killed, the disk
 * fails or loses its power, the clock jumps. The oracle holds:
 *
 * promise 1: what a sync acknowledged is there after every death, the end of the run and every
 * signal too.
 *
 * promise 3: a step, child, timer or signal with a recorded outcome is never begun again; an
 * at-most-once step is begun once.
 *
 * promise 4: a replay of the run never disagrees with its own history.
 *
 * promise 6: time in the workflow does not go back, though the clock does.
 *
 * the end: it comes, and is that of an undisturbed run.
 */
#ifndef WF_TEST_WORLD_H
#define WF_TEST_WORLD_H

#include <stdbool.h>
#include <stdint.h>

struct schedule {
	uint64_t seed;
	unsigned ops;    /* length of the program */
	unsigned deaths; /* at most so many */
	bool cancel; /* cancel it at some moment: then only the promises are held, not the result */
};

struct verdict {
	char broken[600]; /* empty: all held */
	unsigned turns, deaths, events;
};

/* Run one schedule to its end. */
void world_run(const struct schedule *schedule, struct verdict *ret);

enum { WORLD_TYPES = 64 };
/* Events, by type: fed from the history or new ones, for a command that was wanted (or for none),
 * or for one that was given up. Over all schedules. */
extern unsigned long world_fed[WORLD_TYPES][2][2];

#endif
