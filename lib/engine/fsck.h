/* SPDX-License-Identifier: MIT */
/*
 * Holding a state directory against what wf-state(5) promises, and mending it: files from the
 * branch, the branch from the files, whichever has more.
 *
 * A look changes nothing. A repair takes the lock of each run; one that somebody
 * drives is only looked at. Every step of a repair leaves the run no worse than it was, so a
 * repair that is killed is simply run again.
 *
 * Severities: "note", what a death leaves and the next driver or a repair clears away;
 * "damage", what breaks a promise; "repaired", either of them, gone now.
 */
#ifndef WF_ENGINE_FSCK_H
#define WF_ENGINE_FSCK_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct state;

/* run: an id, "" for what concerns no run. All is borrowed during the call. */
typedef void fsck_finding_fn(void *arg, const char *run, const char *severity, const char *text);

/* Check the runs named, or all of them and what they share (n = 0). Returns how much damage is
 * left; ERR_NOT_FOUND for an id that neither a folder nor a branch has. */
int fsck_run(struct state *state, const char *const *ids, size_t n, bool repair,
	     fsck_finding_fn *finding, void *arg, struct err *err);

#endif
