/* SPDX-License-Identifier: MIT */
/*
 * Named locks between the runs of a state directory. Who holds one and who waits is written in
 * <state>/locks/<name>.json, changed only under the kernel lock on <state>/locks/lock, which
 * is held for that moment alone:
 *
 *   {"holders": [{"run": ID, "cmd": N}], "waiting": [{"run": ID, "cmd": N}, ...]}
 *
 * A holder counts while its run is open and is either driven (the kernel lock of the run
 * is held) or suspended. So one that has ended, was halted, or whose driver died, has let go, and
 * the next to look takes its place. Its own driver must therefore ask again (locks_take with the
 * same command) before it goes on: either the entry is still there, or it waits. Who waits counts
 * while its run is driven, in the order of the file.
 *
 * A file that nobody is in is removed. A death in the middle leaves the old file or the new one.
 */
#ifndef WF_STORE_LOCKS_H
#define WF_STORE_LOCKS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct err;
struct state;

/* One claim: the run's command cmd asks for the lock of this name. Borrowed. */
struct lock_claim {
	const char *name, *run;
	uint64_t cmd;
	unsigned limit;
};

/* 1: held, durably. 0: not yet, and noted as waiting; then ret_ahead (may be NULL) is a new array
 * of the ids of runs whose end or death may change that. */
int locks_take(struct state *state, const struct lock_claim *claim, json_t **ret_ahead,
	       struct err *err);
/* 1 when locks_take would hold it now, for any run; writes nothing. 0 also when it cannot be told.
 */
int locks_free(struct state *state, const struct lock_claim *claim);
/* What its file says, new; NULL when nobody is in it. Takes no lock. */
int locks_read(struct state *state, const char *name, json_t **ret, struct err *err);
/* No longer held, nor waited for. */
int locks_let_go(struct state *state, const char *name, const char *run, uint64_t cmd,
		 struct err *err);
/* The same for all that a run holds or waits for, but for the commands (as text) that are members
 * of keep (may be NULL). */
int locks_forget_run(struct state *state, const char *run, const json_t *keep, struct err *err);

#endif
