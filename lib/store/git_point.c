/* SPDX-License-Identifier: MIT */
#include "git_point.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_branch.h"
#include "git_commit.h"
#include "git_folder.h"
#include "git_modules.h"
#include "git_repo.h"
#include "git_restore.h"
#include "git_snapshot.h"
#include "git_tree.h"
#include "history_lines.h"
#include "notes.h"

#include <stdlib.h>
#include <string.h>

#define TRIES 4

/* Commits from a tip back, along their first parents. */
struct chain {
	git_oid *ids; /* owned */
	size_t count, cap;
};

static int chain_add(struct chain *chain, const git_oid *id, struct err *err)
{
	if (chain->count == chain->cap) {
		size_t cap = chain->cap ? chain->cap * 2 : 64;
		git_oid *ids = realloc(chain->ids, cap * sizeof *ids);

		if (!ids)
			return err_nomem(err);
		chain->ids = ids;
		chain->cap = cap;
	}
	chain->ids[chain->count++] = *id;
	return 0;
}

/* 1 and the first parent, or 0. */
static int first_parent(struct repo *repo, const git_oid *id, git_oid *ret, struct err *err)
{
	git_odb_object *commit;
	const char *text, *parent;
	int rc = repo_read(repo, id, GIT_OBJECT_COMMIT, &commit, err);

	if (rc < 0)
		return rc;
	text = git_odb_object_data(commit);
	parent = memchr(text, '\n', git_odb_object_size(commit));
	rc = parent && strncmp(parent, "\nparent ", 8) == 0 &&
	     git_oid_fromstr(ret, parent + 8) == 0;
	git_odb_object_free(commit);
	return rc;
}

static int chain_read(struct chain *chain, struct repo *repo, git_oid id, struct err *err)
{
	int rc;

	do
		rc = chain_add(chain, &id, err);
	while (rc == 0 && (rc = first_parent(repo, &id, &id, err)) == 1 && !(rc = 0));
	return rc;
}

static uint64_t last_seq_of(const char *text, size_t n)
{
	const char *line;

	while (n > 0 && text[n - 1] == '\n')
		n--;
	line = n ? memrchr(text, '\n', n) : NULL;
	line = line ? line + 1 : text;
	return line_seq(line, n - (size_t)(line - text));
}

/* The last event that a commit holds. */
static int commit_seq(struct repo *repo, const git_oid *id, uint64_t *ret, struct err *err)
{
	struct tree *root = NULL, *history = NULL;
	git_odb_object *blob;
	git_oid tree;
	int rc = repo_commit_tree(repo, id, &tree, err);

	*ret = 0;
	if (rc == 0)
		rc = tree_load(&root, repo, &tree, err);
	if (rc == 0)
		rc = tree_folder(root, repo, "history", false, &history, err);
	if (rc == 0 && history && history->count) {
		rc = repo_read(repo, &history->leaves[history->count - 1].id, GIT_OBJECT_BLOB,
			       &blob, err);
		if (rc == 0) {
			*ret = last_seq_of(git_odb_object_data(blob), git_odb_object_size(blob));
			git_odb_object_free(blob);
		}
	}
	tree_free(root);
	return rc;
}

/* The newest commit that holds no more than seq: along first parents histories only grow. 1, or 0
 * when there is none. */
static int find_base(struct repo *repo, const git_oid *tip, uint64_t seq, git_oid *ret,
		     uint64_t *ret_seq, struct err *err)
{
	struct chain chain = {NULL, 0, 0};
	size_t low = 0, high;
	int rc = chain_read(&chain, repo, *tip, err);

	high = chain.count;
	while (rc == 0 && low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t has;

		rc = commit_seq(repo, &chain.ids[middle], &has, err);
		if (has <= seq) {
			high = middle;
			*ret = chain.ids[middle];
			*ret_seq = has;
		} else {
			low = middle + 1;
		}
	}
	rc = rc < 0 ? rc : low < chain.count;
	free(chain.ids);
	return rc;
}

struct going {
	struct repo *repo;
	struct batch batch;
	struct modules modules;
	git_oid point; /* zero: none */
	git_oid past;  /* the tip of a branch without a commit as early as the point; else zero */
};

/* What base holds, its history brought up to the point from the files, as a commit behind it; alone
 * when base is already past the point. */
static int make_point(struct going *g, const char *folder, const git_oid *base,
		      const struct branch_point *at, struct err *err)
{
	struct snapshot s = {.repo = g->repo,
			     .batch = &g->batch,
			     .modules = &g->modules,
			     .folder = folder,
			     .segment = at->segment,
			     .offset = at->offset};
	struct tree *root = NULL;
	char *message = str_format("event %llu\n", (unsigned long long)at->seq);
	git_oid tree;
	int rc = repo_commit_tree(g->repo, base, &tree, err);

	if (rc == 0)
		rc = tree_load(&root, g->repo, &tree, err);
	if (rc == 0) {
		tree_remove(root, "result.json", false);
		tree_remove(root, "halted.json", false);
		tree_remove(root, "attempts", true);
		rc = snapshot_history(&s, root, err);
	}
	if (rc == 0)
		rc = tree_write(root, &g->batch, &tree, err);
	if (rc == 0)
		rc = message ? commit_add(&g->batch, &tree, base, git_oid_is_zero(&g->past),
					  g->repo->author, g->repo->os->ops->now(g->repo->os),
					  message, &g->point, err)
			     : err_nomem(err);
	tree_free(root);
	free(message);
	return rc;
}

static int find_point(struct going *g, const char *of, const struct branch_point *at,
		      struct err *err)
{
	const char *where;
	char *folder;
	git_oid tip, base;
	uint64_t has = 0;
	int rc = git_find_run(g->repo, of, &tip, err);

	if (rc <= 0)
		return rc;
	rc = find_base(g->repo, &tip, at->seq, &base, &has, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		base = g->past = tip;
	else if (has == at->seq) {
		g->point = base;
		return 0;
	}
	rc = folder_of_run(g->repo, of, NULL, &where, err);
	if (rc < 0)
		return rc;
	folder = str_format("%s/%s/%s", g->repo->state, where, of);
	rc = folder ? make_point(g, folder, &base, at, err) : err_nomem(err);
	free(folder);
	return rc;
}

static struct branch_point point_of(const json_t *request, const char *member)
{
	const json_t *p = json_object_get(request, member);

	return (struct branch_point){
		.seq = (uint64_t)json_integer_value(json_object_get(p, "seq")),
		.segment = (unsigned)json_integer_value(json_object_get(p, "segment")),
		.offset = (uint64_t)json_integer_value(json_object_get(p, "offset")),
		.thorough = true,
	};
}

/* One try: 1; 0 when somebody else moved the branch. */
static int go(struct going *g, struct branch *b, const char *of, bool fork, const json_t *request,
	      struct err *err)
{
	const char *message = json_string_value(json_object_get(request, "message"));
	struct branch_point at = point_of(request, "point"), now = point_of(request, "now");
	struct notes notes = {0};
	int rc = notes_add(&notes, message ? message : "", message ? strlen(message) : 0, err);

	if (rc == 0)
		rc = find_point(g, of, &at, err);
	if (rc == 0 && fork) {
		b->root = tree_new();
		b->tip = git_oid_is_zero(&g->past) ? g->point : g->past;
		if (!git_oid_is_zero(&g->past))
			b->point = g->point;
		rc = b->root ? 0 : err_nomem(err);
	} else {
		b->point = g->point;
	}
	if (rc == 0)
		rc = branch_prepare(b, g->repo, &g->batch, &g->modules, &now, &notes, err);
	if (rc == 0 && b->root)
		rc = err_set(err, ERR_DAMAGED, "the branch of '%s' has it already", b->id);
	if (rc == 1)
		rc = batch_write(&g->batch, NULL, err);
	if (rc == 0)
		rc = branch_settle(b, g->repo, err);
	notes_release(&notes);
	return rc;
}

static json_t *answer_of(const struct branch *b, const struct going *g)
{
	char commit[GIT_OID_HEXSZ + 1], point[GIT_OID_HEXSZ + 1];

	git_oid_tostr(commit, sizeof commit, &b->tip);
	git_oid_tostr(point, sizeof point, &g->point);
	return json_pack("{s:s, s:s}", "commit", commit, "point", point);
}

static int go_on(struct repo *repo, const char *run, const char *of, bool fork,
		 const json_t *request, json_t **ret, struct err *err)
{
	int rc = 0;

	for (int turn = 0; rc == 0 && turn < TRIES; turn++) {
		struct going g = {.repo = repo};
		struct branch b = {.id = strdup(run)};

		batch_init(&g.batch, repo->os, repo->path);
		rc = b.id ? go(&g, &b, of, fork, request, err) : err_nomem(err);
		if (rc == 1) {
			batch_unkeep(&g.batch);
			*ret = answer_of(&b, &g);
			rc = *ret ? 1 : err_nomem(err);
		}
		modules_forget(&g.modules);
		batch_release(&g.batch);
		branch_release(&b);
	}
	if (rc == 0)
		return err_set(err, ERR_BUSY,
			       "the branch of '%s' is moved by somebody else all the time", run);
	return rc < 0 ? rc : 0;
}

int git_go_back(struct repo *repo, const char *run, const json_t *request, json_t **ret,
		struct err *err)
{
	return go_on(repo, run, run, false, request, ret, err);
}

int git_go_apart(struct repo *repo, const char *run, const json_t *request, json_t **ret,
		 struct err *err)
{
	const char *of = json_string_value(json_object_get(request, "of"));

	if (!of || str_id_problem(of))
		return err_set(err, ERR_USAGE, "'of' is no run id");
	return go_on(repo, run, of, true, request, ret, err);
}
