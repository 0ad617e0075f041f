/* SPDX-License-Identifier: MIT */
/*
 * Files of the repository, locked by git's rules: whoever makes <file>.lock may replace the file,
 * and everybody else, git too, waits or gives up. Our lock file is the second name of a file in
 * .git/wf with a kernel lock on it; so one that a killed process left is told from one in use and
 * taken away.
 */
#ifndef WF_STORE_GIT_LOCK_H
#define WF_STORE_GIT_LOCK_H

#include <stddef.h>

struct err;
struct repo;

struct git_lock {
	struct repo *repo; /* borrowed */
	char *file, *lock; /* owned: the locked file, <file>.lock */
	char *own;         /* owned: what the lock is a second name of */
	int fd;
};

/* Lock a file of the repository, "refs/..." or "index", whose folder is made if it is missing. The
 * lock file holds data, synced. wait_ms: how long for another's lock. Release it, whatever this
 * returns. */
int git_lock_take(struct git_lock *ret, struct repo *repo, const char *name, const void *data,
		  size_t n, int wait_ms, struct err *err);
/* Replace the file, durably, by another: by the lock file itself, or by one beside that is synced.
 */
int git_lock_replace(struct git_lock *lock, const char *by, struct err *err);
void git_lock_release(struct git_lock *lock);

#endif
