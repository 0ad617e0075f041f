/* SPDX-License-Identifier: MIT */
/*
 * Refs: read, and moved by compare-and-swap, by git's own rules: <ref>.lock
 * is made (git_lock.h), the value compared, the lock renamed to the ref.
 *
 * A crash leaves the old value or the new one, durable when refs_move returns.
 */
#ifndef WF_STORE_GIT_REFS_H
#define WF_STORE_GIT_REFS_H

#include <git2/oid.h>

struct err;
struct repo;

/* 1, or 0 when there is none. name: "refs/...". */
int refs_read(struct repo *repo, const char *name, git_oid *ret, struct err *err);
/* The branch of a run. */
int refs_read_run(struct repo *repo, const char *id, git_oid *ret, struct err *err);
/* Move name to `to`. from: what it must be now; NULL: it must not exist.
 * 1 when done; 0 when it is something else: read it again. */
int refs_move(struct repo *repo, const char *name, const git_oid *from, const git_oid *to,
	      struct err *err);
int refs_move_run(struct repo *repo, const char *id, const git_oid *from, const git_oid *to,
		  struct err *err);

#endif
