/* SPDX-License-Identifier: MIT */
#include "git_branch.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_commit.h"
#include "git_fold.h"
#include "git_refs.h"
#include "git_repo.h"
#include "git_snapshot.h"
#include "git_tree.h"
#include "notes.h"

#include <stdlib.h>

static int load(struct branch *branch, struct repo *repo, struct err *err)
{
	int rc;

	if (branch->root)
		return 0;
	branch->tip = branch->tree = (git_oid){{0}};
	rc = refs_read_run(repo, branch->id, &branch->tip, err);
	branch->is_ref = rc == 1;
	if (rc == 0)
		rc = fold_find(repo, branch->id, &branch->tip, err);
	if (rc == 1 && (rc = repo_commit_tree(repo, &branch->tip, &branch->tree, err)) == 0)
		return tree_load(&branch->root, repo, &branch->tree, err);
	if (rc < 0)
		return rc;
	branch->root = tree_new();
	return branch->root ? 0 : err_nomem(err);
}

/* The run may be closed, and so move, while it is looked at. */
static int look(struct branch *branch, struct repo *repo, struct batch *batch,
		struct modules *modules, const struct branch_point *point, struct err *err)
{
	struct snapshot s = {repo, batch, modules, NULL, point->segment, point->offset, false};
	int rc = 0;

	for (int turn = 0; turn < 4; turn++) {
		bool closed = point->closed != (turn % 2 == 1);
		char *folder = str_format("%s/%s/%s", repo->state, closed ? "closed" : "open",
					  branch->id);

		if (!folder)
			return err_nomem(err);
		s.folder = folder;
		s.thorough = point->thorough || closed;
		err_clear(err);
		rc = snapshot_take(&s, branch->root, err);
		free(folder);
		if (rc != -ERR_NOT_FOUND)
			break;
	}
	return rc;
}

int branch_prepare(struct branch *branch, struct repo *repo, struct batch *batch,
		   struct modules *modules, const struct branch_point *point,
		   const struct notes *notes, struct err *err)
{
	struct buf message = BUF_INIT;
	git_oid parents[2];
	size_t count = 0;
	int rc;

	if (load(branch, repo, err) < 0 || look(branch, repo, batch, modules, point, err) < 0)
		return -err->code;
	branch->next_tree = branch->tree;
	if (tree_write(branch->root, batch, &branch->next_tree, err) < 0)
		return -err->code;
	if (git_oid_equal(&branch->next_tree, &branch->tree))
		return 0;
	if (!git_oid_is_zero(&branch->point))
		parents[count++] = branch->point;
	if (!git_oid_is_zero(&branch->tip))
		parents[count++] = branch->tip;
	notes_message(notes, point->seq, &message);
	if (!buf_ok(&message))
		rc = err_nomem(err);
	else
		rc = commit_add(batch, &branch->next_tree, parents, count, repo->author,
				repo->os->ops->now(repo->os), message.data, &branch->next, err);
	buf_release(&message);
	return rc < 0 ? rc : 1;
}

int branch_settle(struct branch *branch, struct repo *repo, struct err *err)
{
	int rc = refs_move_run(repo, branch->id, branch->is_ref ? &branch->tip : NULL,
			       &branch->next, err);

	if (rc == 1) {
		branch->is_ref = true;
		branch->tip = branch->next;
		branch->tree = branch->next_tree;
	}
	return rc;
}

void branch_forget(struct branch *branch)
{
	tree_free(branch->root);
	branch->root = NULL;
}

void branch_release(struct branch *branch)
{
	branch_forget(branch);
	free(branch->id);
	branch->id = NULL;
}
