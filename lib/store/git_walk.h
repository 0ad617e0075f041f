/* SPDX-License-Identifier: MIT */
/* All files below a tree, in order. */
#ifndef WF_STORE_GIT_WALK_H
#define WF_STORE_GIT_WALK_H

#include <git2/oid.h>

struct err;
struct repo;

/* path: "history/000001.jsonl"; borrowed during the call. Stops when each returns non-zero, and
 * returns that. */
typedef int walk_fn(void *arg, const char *path, const git_oid *id, struct err *err);
int git_walk(struct repo *repo, const git_oid *tree, walk_fn *each, void *arg, struct err *err);

#endif
