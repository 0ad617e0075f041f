/* SPDX-License-Identifier: MIT */
/* What wf run and wf resume share: a driver with a view, driven until it rests, and what is told
 * about each run. */
#ifndef WF_CMD_DRIVE_H
#define WF_CMD_DRIVE_H

#include <stdbool.h>
#include <stddef.h>

struct cli;
struct driver;
struct err;
struct fault;
struct state;
struct view_kind;

struct drive {
	struct cli *cli;
	struct state *state;
	struct driver *driver;
	const struct view_kind *kind;
	void *view;
	char **ids; /* owned: runs that were added */
	size_t count;
	const char
		*update;  /* drive until this update is over and the run rests; NULL: to its end */
	int update_stage; /* 1: over once accepted; 2: once completed */
	bool update_over;
	bool many; /* more than one run may be driven: results are not printed one after the other
		    */
};

/* Start the driver (and with it the committer). */
int drive_start(struct drive *ret, struct cli *cli, struct state *state, bool wait, bool many,
		struct err *err);
/* The same for one run, with a driver that dies where fault (shared memory, borrowed) says. */
int drive_start_faulty(struct drive *ret, struct cli *cli, struct state *state, bool wait,
		       struct fault *fault, struct err *err);
/* Drive an existing run; with: NULL, or a module with new code. */
int drive_add(struct drive *drive, const char *id, const char *with, struct err *err);
/* Turn until everything rests, let go of all, report. Returns the exit status; the drive is
 * released. */
int drive_finish(struct drive *drive);
/* All of that for one existing run. Returns the exit status. */
int drive_one(struct cli *cli, struct state *state, const char *id, bool wait);
/* Release after a failure before drive_finish. */
void drive_abandon(struct drive *drive);

#endif
