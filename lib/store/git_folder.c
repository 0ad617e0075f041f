/* SPDX-License-Identifier: MIT */
#include "git_folder.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_repo.h"
#include "git_tree.h"

#include <stdlib.h>

static int is_there(struct repo *repo, const char *where, const char *id, struct err *err)
{
	char *path = str_format("%s/%s/%s", repo->state, where, id);
	struct os_stat st;
	int rc;

	if (!path)
		return err_nomem(err);
	rc = repo->os->ops->lstat(repo->os, path, &st);
	free(path);
	return rc == 0 && st.kind == OS_DIRECTORY;
}

int folder_of_run(struct repo *repo, const char *id, const git_oid *tree, const char **ret,
		  struct err *err)
{
	static const char *const places[] = {"open", "closed", "open"};
	struct tree *root;

	/* it may move from the one to the other meanwhile */
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int rc = is_there(repo, places[i], id, err);

		if (rc == 1)
			*ret = places[i];
		if (rc)
			return rc;
	}
	*ret = places[0];
	if (!tree)
		return 0;
	if (tree_load(&root, repo, tree, err) < 0)
		return -err->code;
	if (tree_find(root, "result.json", false))
		*ret = places[1];
	tree_free(root);
	return 0;
}
