/* SPDX-License-Identifier: MIT */
/*
 * Keeping closed/ small: of closed runs beyond a number, oldest first, only
 * the branch stays.
 *
 * The files of a run go under its lock, and only when the branch holds every one of them (logs
 * apart, of which it has the tails): the folder gets a name that means nothing, and is then
 * removed. A death between leaves that folder, which the next one, or fsck, takes away. The run
 * comes back when it is named (run_open).
 */
#ifndef WF_STORE_GIT_PRUNE_H
#define WF_STORE_GIT_PRUNE_H

#include <stdint.h>

struct err;
struct repo;

/* Leave keep closed runs with their files, and somewhat more where there are many. */
int prune_closed(struct repo *repo, uint64_t keep, struct err *err);

#endif
