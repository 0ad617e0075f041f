/* SPDX-License-Identifier: MIT */
/* Which runs are to be folded. */
#ifndef WF_STORE_GIT_FOLD_PICK_H
#define WF_STORE_GIT_FOLD_PICK_H

#include <git2/oid.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct repo;

struct pick {
	char *id; /* owned */
	git_oid tip;
	int64_t at;     /* seconds since 1970 of the tip */
	char month[16]; /* "2026-11" of that */
};

/* Closed runs with a branch beyond the youngest keep, oldest first; none when they are fewer than
 * least. New. */
int pick_closed(struct repo *repo, size_t keep, size_t least, struct pick **ret, size_t *ret_count,
		struct err *err);
void pick_free(struct pick *picks, size_t count);

#endif
