/* SPDX-License-Identifier: MIT */
/*
 * Keeping branches few: closed runs beyond a number are folded, oldest first,
 * into closed/<year-month>. Each batch is one commit there whose further
 * parents are the tips of the runs, so that git keeps them, and whose tree has a link
 * runs/<2 digits>/<id> to each, so that they are found; the digits begin the SHA-1 of the id.
 *
 * The branch of a run is deleted only once the fold that holds it is durable; a
 * crash between leaves both.
 */
#ifndef WF_STORE_GIT_FOLD_H
#define WF_STORE_GIT_FOLD_H

#include <git2/oid.h>
#include <stddef.h>

struct err;
struct repo;

enum { FOLD_BATCH = 100, FOLD_LOOSE = 250 };

/* The last tip of a run that was folded. 1, 0 when there is none. */
int fold_find(struct repo *repo, const char *id, git_oid *ret, struct err *err);
/* Whether so many branches are files of their own that it is time to fold what is beyond keep, and
 * to pack. Cheap. */
int fold_is_due(struct repo *repo, size_t keep);
/* Fold what is beyond keep, unless it is fewer than FOLD_BATCH (always at least that many at once);
 * then pack the refs. ret_folded: how many. */
int fold_runs(struct repo *repo, size_t keep, size_t *ret_folded, struct err *err);

#endif
