/* SPDX-License-Identifier: MIT */
#include "git_walk.h"

#include "../base/error.h"
#include "../base/str.h"
#include "git_tree.h"

#include <stdlib.h>

enum { DEEPEST = 16 };

static int below(struct repo *repo, const git_oid *id, const char *prefix, int depth, walk_fn *each,
		 void *arg, struct err *err)
{
	struct tree *tree;
	int rc = 0;

	if (depth > DEEPEST)
		return err_set(err, ERR_DAMAGED, "folders on the branch are nested too deep");
	if (tree_load(&tree, repo, id, err) < 0)
		return -err->code;
	for (size_t i = 0; i < tree->count && !rc; i++) {
		const struct tree_leaf *leaf = &tree->leaves[i];
		char *path = str_format("%s%s%s", prefix, leaf->name, leaf->folder ? "/" : "");

		if (!path)
			rc = err_nomem(err);
		else if (leaf->folder)
			rc = below(repo, &leaf->id, path, depth + 1, each, arg, err);
		else if (!leaf->link)
			rc = each(arg, path, &leaf->id, err);
		free(path);
	}
	tree_free(tree);
	return rc;
}

int git_walk(struct repo *repo, const git_oid *tree, walk_fn *each, void *arg, struct err *err)
{
	return below(repo, tree, "", 0, each, arg, err);
}
