/* SPDX-License-Identifier: MIT */
/*
 * git's index, so that `git status` has nothing to say of a file that wf has committed. It is a
 * cache: what fails is tried again next time. A death or a power cut leaves the old index or the
 * new one, and perhaps a lock file, which the next call takes away.
 */
#ifndef WF_STORE_GIT_STAGE_H
#define WF_STORE_GIT_STAGE_H

#include <git2/oid.h>

struct repo;
struct stat;

/* Have the index say that the file, of that blob, is as main has it; blob NULL: that there is none.
 * Nothing is done while HEAD is another branch, or git has the index locked. */
void stage_file(struct repo *repo, const char *name, const git_oid *blob, const struct stat *st);

#endif
