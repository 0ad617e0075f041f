/* SPDX-License-Identifier: MIT */
/* Deltas between versions of one file: what they share at the start and at the end is copied, the
 * rest inserted. */
#ifndef WF_STORE_GIT_DELTA_H
#define WF_STORE_GIT_DELTA_H

#include <stddef.h>

struct buf;

/* Append to out, in git's form, how to make `to` from `from`. */
void delta_make(struct buf *out, const void *from, size_t from_size, const void *to,
		size_t to_size);

#endif
