/* SPDX-License-Identifier: MIT */
/*
 * Which blobs the modules are: refs/wf/modules is a tree of <sha256>.so, so
 * that a module is written into the repository once for all runs, and git
 * keeps it. It may lag behind: then a module is written again.
 */
#ifndef WF_STORE_GIT_MODULES_H
#define WF_STORE_GIT_MODULES_H

#include <git2/oid.h>
#include <stdbool.h>

struct batch;
struct err;
struct repo;
struct tree;

struct modules {
	struct tree *known; /* owned; NULL: not loaded */
	git_oid tip;        /* what the ref said; zero: nothing */
	bool unsaved;
};

/* The blob of modules/<sha256>.so, added to batch unless the repository has it.
 * 1; 0 when there is no such file. */
int modules_blob(struct modules *modules, struct repo *repo, struct batch *batch,
		 const char *sha256, git_oid *ret, struct err *err);
/* Remember what was written; only a matter of speed. */
int modules_save(struct modules *modules, struct repo *repo, struct err *err);
/* What was added to a batch was not written. */
void modules_forget(struct modules *modules);

#endif
