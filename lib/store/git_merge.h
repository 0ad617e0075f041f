/* SPDX-License-Identifier: MIT */
/*
 * Many packs into one. Versions of one file in successive commits are kept as
 * deltas against the newest, which costs little time and space because
 * histories only grow.
 */
#ifndef WF_STORE_GIT_MERGE_H
#define WF_STORE_GIT_MERGE_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct repo;

/* names: of packs ("pack-<hex>"), which are removed once the new one is durable. A crash leaves
 * objects twice, never not at all. When an object cannot be read (a `git gc` took its pack) nothing
 * is removed. small: take more time for fewer bytes. */
int merge_packs(struct repo *repo, char *const *names, size_t count, bool small, struct err *err);

#endif
