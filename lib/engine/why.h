/* SPDX-License-Identifier: MIT */
/*
 * Why a step of a run ran, waits, was tried again, or did not run.
 *
 * Nothing is kept for this: a read-only replay (past.h) shows behind which
 * event each command was asked for and given up; outcomes and other drivers are
 * lines of the history; attempts so far are in attempts/, who holds a lock in
 * locks/. Where the code cannot be loaded, or does not fit the history, the
 * lines alone are told, without what replay would add.
 */
#ifndef WF_ENGINE_WHY_H
#define WF_ENGINE_WHY_H

#include <jansson.h>

struct err;
struct state;

/* All owned. */
struct why {
	json_t *commands; /* those that were meant, in the order of asking; as in wf-json(5) */
	json_t *names;    /* object: the steps that the code or the history names */
	json_t *end;      /* the event that ended the run; NULL: open */
	json_t *waiting;  /* what the workflow waits for, as in wf-json(5); NULL: not known */
	char *trouble;    /* why it was not replayed; NULL: it was */
};

/* step: a name, or the number of a command. */
int why_step(struct why *ret, struct state *state, const char *id, const char *step,
	     struct err *err);
void why_release(struct why *why);

#endif
