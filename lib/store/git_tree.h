/* SPDX-License-Identifier: MIT */
/*
 * Trees in memory: what a branch's tip holds, changed entry by entry, and
 * written again where it changed. Folders below are loaded when they are
 * first needed.
 */
#ifndef WF_STORE_GIT_TREE_H
#define WF_STORE_GIT_TREE_H

#include <git2/oid.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct err;
struct repo;

/* What a file looked like when it was read: the same means unchanged. */
struct tree_stamp {
	uint64_t inode, size;
	int64_t mtime;
};

struct tree_leaf {
	char *name; /* owned */
	bool folder;
	bool link;               /* to a commit, as of a submodule */
	bool seen;               /* for who sweeps */
	git_oid id;              /* of a folder: as it was last written */
	struct tree *sub;        /* owned; NULL: not loaded */
	struct tree_stamp stamp; /* zero: unknown */
};

struct tree {
	struct tree_leaf *leaves; /* owned, in git's order */
	size_t count, cap;
	bool dirty;              /* differs from what was written */
	struct tree_stamp stamp; /* of the folder */
};

/* New and empty. */
struct tree *tree_new(void);
int tree_load(struct tree **ret, struct repo *repo, const git_oid *id, struct err *err);
void tree_free(struct tree *tree);

/* Borrowed until the tree changes; NULL: none. */
struct tree_leaf *tree_find(const struct tree *tree, const char *name, bool folder);
/* Make the entry name what id (of a file) is. ret (may be NULL): the leaf, borrowed until the tree
 * changes. */
int tree_put(struct tree *tree, const char *name, const git_oid *id, struct tree_leaf **ret,
	     struct err *err);
/* The folder name below, loaded; NULL in *ret when there is none and not make. */
int tree_folder(struct tree *tree, struct repo *repo, const char *name, bool make,
		struct tree **ret, struct err *err);
void tree_remove(struct tree *tree, const char *name, bool folder);
/* Write what changed, folders first; empty folders are left out. ret: the tree's id, left as it is
 * when nothing changed, zero when it is empty. */
int tree_write(struct tree *tree, struct batch *batch, git_oid *ret, struct err *err);

#endif
