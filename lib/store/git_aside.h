/* SPDX-License-Identifier: MIT */
/*
 * The branch of a run whose id another run takes: a commit without files on top
 * of it, from which the other run goes on. So `git log run/<id>` shows the way,
 * and what was left stays reachable. A crash leaves the old tip, of which fsck says
 * nothing, or the new one, to which the next commit adds the files again.
 */
#ifndef WF_STORE_GIT_ASIDE_H
#define WF_STORE_GIT_ASIDE_H

struct err;
struct repo;

/* Nothing to do where there is no branch. */
int git_set_aside(struct repo *repo, const char *id, struct err *err);

#endif
