/* SPDX-License-Identifier: MIT */
/*
 * The branch of one run, on its way: its tip's tree in memory, brought up to
 * date from the files, committed, the ref moved.
 *
 * branch_prepare adds to a batch; batch_write makes it durable; branch_settle
 * moves the ref. When anything fails in between, branch_forget: the next
 * prepare reads the tip again. A crash anywhere leaves the old tip or the new.
 */
#ifndef WF_STORE_GIT_BRANCH_H
#define WF_STORE_GIT_BRANCH_H

#include <git2/oid.h>
#include <stdbool.h>
#include <stdint.h>

struct batch;
struct err;
struct modules;
struct notes;
struct repo;
struct tree;

struct branch {
	char *id;                /* owned: of the run */
	struct tree *root;       /* owned; NULL: not loaded */
	git_oid tip, tree;       /* zero: there is none yet */
	bool is_ref;             /* the branch is there, not only the tip that it was folded with */
	git_oid next, next_tree; /* prepared */
	git_oid point; /* zero, or what the next commit goes on from; the tip is then its second
			  parent */
};

/* Where a run stands: all up to seq is in the first segments, offset bytes of the last. */
struct branch_point {
	uint64_t seq, offset;
	unsigned segment;
	bool closed; /* look in closed/ first */
	bool thorough;
};

/* 1; 0 when the branch holds all of it already. */
int branch_prepare(struct branch *branch, struct repo *repo, struct batch *batch,
		   struct modules *modules, const struct branch_point *point,
		   const struct notes *notes, struct err *err);
/* 1; 0 when somebody else moved it: forget, and prepare again. */
int branch_settle(struct branch *branch, struct repo *repo, struct err *err);
void branch_forget(struct branch *branch);
void branch_release(struct branch *branch);

#endif
