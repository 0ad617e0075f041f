/* SPDX-License-Identifier: MIT */
/* Where a run's files are, or belong. */
#ifndef WF_STORE_GIT_FOLDER_H
#define WF_STORE_GIT_FOLDER_H

#include <git2/oid.h>

struct err;
struct repo;

/* "open" or "closed": where it is; else where the tree of its branch (may be NULL) says it belongs.
 * 1 when it is there, 0 when it only belongs there. */
int folder_of_run(struct repo *repo, const char *id, const git_oid *tree, const char **ret,
		  struct err *err);

#endif
