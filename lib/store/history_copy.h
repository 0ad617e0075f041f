/* SPDX-License-Identifier: MIT */
/* The beginning of a history as a history of its own: for what goes on from an earlier point. */
#ifndef WF_STORE_HISTORY_COPY_H
#define WF_STORE_HISTORY_COPY_H

#include "history.h"

/*
 * Make dir `to`, which must not exist, hold the history in `from` up to event upto, durably. run:
 * the id that its segment heads shall carry, or NULL for the same. ret_at (may be NULL): where upto
 * is in `from`. A crash leaves a folder with some of it.
 */
int history_copy(struct os *os, const char *from, const char *to, uint64_t upto, const char *run,
		 struct history_position *ret_at, struct err *err);

#endif
