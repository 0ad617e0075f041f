/* SPDX-License-Identifier: MIT */
/* Commit objects. */
#ifndef WF_STORE_GIT_COMMIT_H
#define WF_STORE_GIT_COMMIT_H

#include <git2/oid.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct err;

struct signature {
	const char *person; /* borrowed: "name <mail>" */
	int64_t at;         /* ms since 1970 */
};

int commit_add_by(struct batch *batch, const git_oid *tree, const git_oid *parents,
		  size_t parent_count, const struct signature *author,
		  const struct signature *committer, const char *message, git_oid *ret,
		  struct err *err);
/* The same by one and the same. */
int commit_add(struct batch *batch, const git_oid *tree, const git_oid *parents,
	       size_t parent_count, const char *author, int64_t at, const char *message,
	       git_oid *ret, struct err *err);

#endif
