/* SPDX-License-Identifier: MIT */
#include "git_fold.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_commit.h"
#include "git_fold_pick.h"
#include "git_refs.h"
#include "git_repo.h"
#include "git_tree.h"

#include <sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLOSED "refs/heads/closed/"

enum { CONFLICTS_MAX = 5 };

static void shard_of(const char *id, char ret[3])
{
	unsigned char digest[SHA1_DIGEST_LENGTH];
	SHA1_CTX hash;

	SHA1Init(&hash);
	SHA1Update(&hash, (const uint8_t *)id, strlen(id));
	SHA1Final(digest, &hash);
	snprintf(ret, 3, "%02x", digest[0]);
}

/* In the tree of one month. */
static int find_in(struct repo *repo, const git_oid *commit, const char *id, git_oid *ret,
		   struct err *err)
{
	struct tree *root = NULL, *runs = NULL, *shard = NULL;
	const struct tree_leaf *leaf;
	char name[3];
	git_oid tree;
	int rc = repo_commit_tree(repo, commit, &tree, err);

	shard_of(id, name);
	if (!rc)
		rc = tree_load(&root, repo, &tree, err);
	if (!rc)
		rc = tree_folder(root, repo, "runs", false, &runs, err);
	if (!rc && runs)
		rc = tree_folder(runs, repo, name, false, &shard, err);
	if (!rc && shard && (leaf = tree_find(shard, id, false))) {
		*ret = leaf->id;
		rc = 1;
	}
	tree_free(root);
	return rc;
}

int fold_find(struct repo *repo, const char *id, git_oid *ret, struct err *err)
{
	git_reference_iterator *months;
	const char *name;
	git_oid tip;
	int rc = 0, next = git_reference_iterator_glob_new(&months, repo->git, CLOSED "*");

	if (next < 0)
		return repo_error(err, GIT_ERROR, "cannot list branches");
	while (!rc && (next = git_reference_next_name(&name, months)) == 0) {
		rc = refs_read(repo, name, &tip, err);
		if (rc == 1)
			rc = find_in(repo, &tip, id, ret, err);
	}
	git_reference_iterator_free(months);
	if (!rc && next < 0 && next != GIT_ITEROVER)
		rc = repo_error(err, GIT_ERROR, "cannot list branches");
	return rc;
}

static int put_link(struct repo *repo, struct tree *root, const struct pick *pick, struct err *err)
{
	struct tree *runs, *shard;
	struct tree_leaf *leaf;
	char name[3];

	shard_of(pick->id, name);
	if (tree_folder(root, repo, "runs", true, &runs, err) < 0 ||
	    tree_folder(runs, repo, name, true, &shard, err) < 0 ||
	    tree_put(shard, pick->id, &pick->tip, &leaf, err) < 0)
		return -err->code;
	leaf->link = true;
	return 0;
}

static int load_month(struct repo *repo, const char *ref, git_oid *ret_tip, git_oid *ret_tree,
		      struct tree **ret, struct err *err)
{
	int rc = refs_read(repo, ref, ret_tip, err);

	if (rc == 1 && (rc = repo_commit_tree(repo, ret_tip, ret_tree, err)) == 0)
		return tree_load(ret, repo, ret_tree, err) < 0 ? -err->code : 1;
	if (rc == 0 && !(*ret = tree_new()))
		rc = err_nomem(err);
	return rc;
}

/* One commit with the tips of picks, all of one month, as parents. 1; 0 when the month was moved by
 * somebody else. */
static int fold_batch(struct repo *repo, const struct pick *picks, size_t count, struct err *err)
{
	char *ref = str_format(CLOSED "%s", picks->month);
	char *message = str_format("%zu runs: %s to %s\n", count, picks->id, picks[count - 1].id);
	git_oid *parents = calloc(count + 1, sizeof *parents), tip = {{0}}, tree = {{0}}, commit;
	struct tree *root = NULL;
	struct batch batch;
	int rc, has_tip = 0;
	size_t n = 0;

	batch_init(&batch, repo->os, repo->path);
	if (!ref || !message || !parents)
		rc = err_nomem(err);
	else
		rc = has_tip = load_month(repo, ref, &tip, &tree, &root, err);
	if (rc == 1)
		parents[n++] = tip;
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		parents[n++] = picks[i].tip;
		rc = put_link(repo, root, &picks[i], err);
	}
	if (rc >= 0 && (rc = tree_write(root, &batch, &tree, err)) == 0 &&
	    (rc = commit_add(&batch, &tree, parents, n, repo->author, repo->os->ops->now(repo->os),
			     message, &commit, err)) == 0 &&
	    (rc = batch_write(&batch, NULL, err)) == 0)
		rc = refs_move(repo, ref, has_tip == 1 ? &tip : NULL, &commit, err);
	batch_release(&batch);
	tree_free(root);
	free(parents);
	free(message);
	free(ref);
	return rc;
}

/* Only if it is still what was folded. */
static int delete_branch(struct repo *repo, const struct pick *pick, struct err *err)
{
	char *name = str_format("refs/heads/run/%s", pick->id);
	git_reference *ref = NULL;
	int rc = name ? git_reference_lookup(&ref, repo->git, name) : GIT_ERROR;

	if (rc == 0 && git_reference_target(ref) &&
	    git_oid_equal(git_reference_target(ref), &pick->tip))
		rc = git_reference_delete(ref);
	if (rc == GIT_ENOTFOUND || rc == GIT_EMODIFIED)
		rc = 0;
	if (rc < 0)
		repo_error(err, GIT_ERROR, "cannot delete the branch run/%s", pick->id);
	git_reference_free(ref);
	free(name);
	return rc < 0 ? -err->code : 0;
}

static int pack_refs(struct repo *repo, struct err *err)
{
	git_refdb *refs = NULL;
	int rc = git_repository_refdb(&refs, repo->git);

	if (rc == 0)
		rc = git_refdb_compress(refs);
	git_refdb_free(refs);
	return rc < 0 ? repo_error(err, GIT_ERROR, "cannot pack refs") : 0;
}

static int count_down(void *arg, const char *name, enum os_kind kind)
{
	size_t *left = arg;

	(void)name;
	(void)kind;
	return (*left)-- == 0;
}

int fold_is_due(struct repo *repo, size_t keep)
{
	char *folder = str_format("%s/refs/heads/run", repo->path);
	size_t left = keep < FOLD_LOOSE - FOLD_BATCH ? keep + FOLD_BATCH : FOLD_LOOSE;
	int rc = folder ? repo->os->ops->list(repo->os, folder, count_down, &left) : 0;

	free(folder);
	return rc > 0;
}

int fold_runs(struct repo *repo, size_t keep, size_t *ret_folded, struct err *err)
{
	struct pick *picks = NULL;
	size_t count = 0, n, done = 0;
	int conflicts = 0, rc = pick_closed(repo, keep, FOLD_BATCH, &picks, &count, err);

	/* one pack of refs first: then a deletion rewrites one file and leaves no empty folders */
	if (!rc)
		rc = pack_refs(repo, err);
	for (size_t at = 0; at < count && !rc; at += n) {
		for (n = 1; at + n < count && n < FOLD_BATCH &&
			    strcmp(picks[at].month, picks[at + n].month) == 0;
		     n++)
			;
		rc = fold_batch(repo, picks + at, n, err);
		if (rc == 0) {
			n = 0; /* again, on top of what somebody else folded */
			if (++conflicts > CONFLICTS_MAX)
				rc = err_set(
					err, ERR_BUSY,
					"the branch of %s is moved by somebody else all the time",
					picks[at].month);
		}
		if (rc < 0)
			break;
		rc = 0;
		for (size_t i = at; i < at + n && !rc; i++)
			rc = delete_branch(repo, &picks[i], err);
		done += n;
	}
	pick_free(picks, count);
	if (!rc)
		*ret_folded = done;
	return rc;
}
