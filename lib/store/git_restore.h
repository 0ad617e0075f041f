/* SPDX-License-Identifier: MIT */
/*
 * A run's files from its branch, and the two compared. Files that are there
 * are never overwritten unless they are asked for by name.
 */
#ifndef WF_STORE_GIT_RESTORE_H
#define WF_STORE_GIT_RESTORE_H

#include <git2/oid.h>
#include <jansson.h>

struct err;
struct repo;

/*
 * Write what is missing of a run's files, and those named in "files" (paths within the run's
 * folder) even when they are there, into open/<id> or, when the branch has a result, closed/<id>;
 * and modules/<sha256>.so. "only": nothing but those named. "into": only those named, into that
 * folder within the run's. All three are members of request, and may be missing. New files appear
 * whole or not at all, and so does a folder that was not there. ret:
 * {"folder":"open/ID","commit":"...","restored":["history/000001.jsonl",...]}, new. ERR_NOT_FOUND
 * when no branch has the run.
 */
int git_restore(struct repo *repo, const char *id, const json_t *request, json_t **ret,
		struct err *err);
/*
 * Compare. ret, new: {"folder":..., "commit":...,
 * "differs":[{"file":"history/000001.jsonl","how":H},...]} with H one of "missing" (on the branch,
 * not in the folder), "behind" (the file goes on where the branch ends), "differs" (neither begins
 * with the other), "ahead" (the branch has more), "uncommitted" (the branch has no such file).
 * "commit" is null when there is no branch, "folder" when there are no files.
 */
int git_verify(struct repo *repo, const char *id, json_t **ret, struct err *err);
/* {"branches":["ID",...]}: runs on branches that have no folder; with all: every run on a branch.
 */
int git_list(struct repo *repo, int all, json_t **ret, struct err *err);
/* The tip of a run: its branch, or where it was folded to. 1, 0 when there is none. */
int git_find_run(struct repo *repo, const char *id, git_oid *ret, struct err *err);

#endif
