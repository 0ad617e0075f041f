/* SPDX-License-Identifier: MIT */
/* The index of a pack (version 2), and giving both their names. */
#ifndef WF_STORE_GIT_INDEX_H
#define WF_STORE_GIT_INDEX_H

#include <stddef.h>

struct batch_entry;
struct err;
struct os;

/*
 * Write <folder>/objects/pack/<name>.idx for the synced pack in file and give both their
 * names, the index last: a pack is there for git once it has its index. Makes
 * <name>.keep first. Sorts entries. Durable when it returns.
 */
int git_index_publish(struct os *os, const char *folder, const char *name, const char *file,
		      struct batch_entry *entries, size_t count, const unsigned char pack_sum[20],
		      struct err *err);

#endif
