/* SPDX-License-Identifier: MIT */
#include "git_aside.h"

#include "../base/error.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_commit.h"
#include "git_fold.h"
#include "git_refs.h"
#include "git_repo.h"

#define TRIES 4
#define MESSAGE "set aside: another run takes the id\n"

/* 1; 0 when somebody else moved the branch. */
static int set_aside(struct repo *repo, struct batch *batch, const char *id, struct err *err)
{
	git_oid tip, tree, commit;
	int is_ref = refs_read_run(repo, id, &tip, err);
	int rc = is_ref == 0 ? fold_find(repo, id, &tip, err) : is_ref;

	if (rc <= 0)
		return rc < 0 ? rc : 1;
	rc = batch_add(batch, GIT_OBJECT_TREE, "", 0, &tree, err);
	if (rc == 0)
		rc = commit_add(batch, &tree, &tip, 1, repo->author, repo->os->ops->now(repo->os),
				MESSAGE, &commit, err);
	if (rc == 0)
		rc = batch_write(batch, NULL, err);
	if (rc == 0)
		rc = refs_move_run(repo, id, is_ref ? &tip : NULL, &commit, err);
	if (rc == 1)
		batch_unkeep(batch);
	return rc;
}

int git_set_aside(struct repo *repo, const char *id, struct err *err)
{
	int rc = 0;

	for (int turn = 0; rc == 0 && turn < TRIES; turn++) {
		struct batch batch;

		batch_init(&batch, repo->os, repo->path);
		rc = set_aside(repo, &batch, id, err);
		batch_release(&batch);
	}
	if (rc == 0)
		rc = err_set(err, ERR_BUSY,
			     "the branch of '%s' is moved by somebody else all the time", id);
	return rc < 0 ? rc : 0;
}
