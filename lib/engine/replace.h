/* SPDX-License-Identifier: MIT */
/*
 * Taking the id of a run that has ended for a new one:
 *
 *   replace_begin    its lock; its branch brought up to its files, and set aside
 *   (make the new run, with replace.key as RUN_REPLACES in its options)
 *   replace_end      the files of the old one are removed, and the lock let go
 *
 * A death before the new run has its name leaves the old one as it was, behind
 * it the new one (store/run_replace.h). Where git fails nothing is replaced.
 */
#ifndef WF_ENGINE_REPLACE_H
#define WF_ENGINE_REPLACE_H

#include "../store/run.h"

struct committer;
struct err;
struct run_plan;

struct replace {
	struct run run; /* the one that has ended; locked */
	char key[9];
};

/* ERR_EXISTS: it is open, or was replaced by another meanwhile; ERR_USAGE: it is a child that its
 * parent, but `parent` (may be NULL), may still ask about. */
int replace_begin(struct replace *ret, struct state *state, struct committer *committer,
		  const char *id, const char *parent, struct err *err);
/* made: the new run is there. */
int replace_end(struct replace *replace, struct committer *committer, bool made, struct err *err);

/* All of it, for the run that has the id of the plan. ret_id is new. */
int replace_run(const struct run_plan *plan, struct state *state, char **ret_id, struct err *err);

#endif
