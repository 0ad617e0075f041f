/* SPDX-License-Identifier: MIT */
/*
 * Going on from an earlier point of a branch. The commit of a point holds the
 * history up to it and no more: one on the branch, or one that is made, as a child of the
 * last commit before the point.
 *
 *   reset: run/<id> moves to a commit with the point and its old tip as parents
 *   fork:  run/<new> begins with a commit whose parent is the point on run/<of>
 *
 * Where the run has no branch yet the commit has no parents. A crash leaves the
 * old tip, or the new one.
 */
#ifndef WF_STORE_GIT_POINT_H
#define WF_STORE_GIT_POINT_H

#include <jansson.h>

struct err;
struct repo;

/* Requests as in committer.h. ret, new: {"commit":HEX,"point":HEX}. */
int git_go_back(struct repo *repo, const char *run, const json_t *request, json_t **ret,
		struct err *err);
int git_go_apart(struct repo *repo, const char *run, const json_t *request, json_t **ret,
		 struct err *err);

#endif
