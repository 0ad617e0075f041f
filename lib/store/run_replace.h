/* SPDX-License-Identifier: MIT */
/*
 * A new run in the place of one that has ended, under the same id.
 *
 *   open/.new-...       the new run, whole; its options name the one that it replaces
 *   open/<id>           by one rename, while closed/<id> is still there: from here on the id is
 *                       that of the new run, for open/ is looked into first
 *   closed/<id>         renamed to closed/.new-... and removed
 *
 * A death before the first rename leaves the old run, one behind it both: whoever drives the new
 * one removes the old one first. What that was is on the branch, which was brought up to it before.
 */
#ifndef WF_STORE_RUN_REPLACE_H
#define WF_STORE_RUN_REPLACE_H

#include "run.h"

/* The member of a run's options: run_key of the run that it replaces. */
#define RUN_REPLACES "replaces"

/* What tells a run from another of its id: CRC-32 of its seed, as text. */
void run_key(const struct run_info *info, char ret[9]);
/* Remove what an open run replaces, if it is still there. */
int run_drop_replaced(struct run *run, struct err *err);

#endif
