/* SPDX-License-Identifier: MIT */
/*
 * A quick look through a whole history: the number and the type of each event,
 * without parsing it. For what must be known before replay begins; a history of a
 * million events takes about a tenth of a second.
 *
 * Ends where the valid history ends: checksums are looked at in the last
 * segment only, for no other can have a torn tail. Damage elsewhere is for the
 * reader proper to find.
 */
#ifndef WF_STORE_HISTORY_SCAN_H
#define WF_STORE_HISTORY_SCAN_H

#include "../model/event.h"

#include <stddef.h>
#include <stdint.h>

struct err;
struct os;

/* line: without its newline, borrowed during the call; for event_decode. Stops when each returns
 * non-zero, and returns that. */
typedef int history_scan_fn(void *arg, uint64_t seq, enum event_type type, const char *line,
			    size_t n, struct err *err);
int history_scan(struct os *os, const char *dir, history_scan_fn *each, void *arg, struct err *err);

#endif
