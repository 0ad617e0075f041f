/* SPDX-License-Identifier: MIT */
#include "git_merge.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_delta.h"
#include "git_repo.h"
#include "git_tree.h"

#include <git2/sys/odb_backend.h>
#include <stdlib.h>
#include <string.h>

/* libgit2 keeps what it read, without a limit that we could set: so the packs are opened again
 * after so much. */
enum { SMALL_LEVEL = 6, READ_MAX = 4 << 20 };

struct merge {
	struct repo *repo;  /* borrowed */
	char *const *names; /* borrowed: of the packs */
	size_t name_count;
	struct repo packs;    /* reads only the packs that are merged */
	size_t read;          /* bytes since they were opened */
	git_odb_object *base; /* the last one of a delta; NULL: none */
	struct batch batch;
	git_oid *ids; /* owned: of all objects */
	size_t count, cap;
	git_oid *parents; /* owned, sorted: of the commits among them */
	size_t parent_count;
	struct err *err;
};

static int open_packs(struct merge *m)
{
	int rc;

	git_odb_object_free(m->base);
	m->base = NULL;
	git_odb_free(m->packs.odb);
	m->packs.odb = NULL;
	m->read = 0;
	rc = git_odb_new(&m->packs.odb);
	for (size_t i = 0; i < m->name_count && rc >= 0; i++) {
		char *path = str_format("%s/%s.idx", m->repo->packs, m->names[i]);
		git_odb_backend *backend = NULL;

		rc = path ? git_odb_backend_one_pack(&backend, path) : GIT_ERROR;
		if (rc >= 0)
			rc = git_odb_add_backend(m->packs.odb, backend, 1);
		free(path);
	}
	return rc < 0 ? repo_error(m->err, rc, "cannot open packs") : 0;
}

static int each_object(const git_oid *id, void *arg)
{
	struct merge *m = arg;

	if (m->count == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 256;
		git_oid *ids = realloc(m->ids, cap * sizeof *ids);

		if (!ids)
			return err_nomem(m->err);
		m->ids = ids;
		m->cap = cap;
	}
	m->ids[m->count++] = *id;
	return 0;
}

static int order(const void *a, const void *b)
{
	return git_oid_cmp(a, b);
}

static bool is_ours(const struct merge *m, const git_oid *id)
{
	return bsearch(id, m->ids, m->count, sizeof *m->ids, order) != NULL;
}

/* Read an object of any type. */
static int read_any(struct merge *m, const git_oid *id, git_odb_object **ret)
{
	int rc;

	if (m->read > READ_MAX && open_packs(m) < 0)
		return -m->err->code;
	rc = git_odb_read(ret, m->packs.odb, id);
	if (rc < 0)
		return repo_error(m->err, rc, "cannot read an object that is to be packed");
	m->read += git_odb_object_size(*ret);
	return 0;
}

static int add_whole(struct merge *m, const git_oid *id)
{
	git_odb_object *object;
	git_oid same;
	int rc;

	if (batch_has(&m->batch, id))
		return 0;
	if (read_any(m, id, &object) < 0)
		return -m->err->code;
	rc = batch_add(&m->batch, git_odb_object_type(object), git_odb_object_data(object),
		       git_odb_object_size(object), &same, m->err);
	git_odb_object_free(object);
	return rc;
}

/* Most versions of a file are deltas of the same one. */
static int read_base(struct merge *m, const git_oid *id)
{
	if (m->base && git_oid_equal(git_odb_object_id(m->base), id))
		return 0;
	git_odb_object_free(m->base);
	m->base = NULL;
	return read_any(m, id, &m->base);
}

/* An older version of what newer is now. */
static int add_older(struct merge *m, const git_oid *older, const git_oid *newer)
{
	git_odb_object *to = NULL;
	struct buf delta = BUF_INIT;
	git_oid base;
	int rc;

	if (!is_ours(m, older) || batch_has(&m->batch, older))
		return 0;
	if (!is_ours(m, newer) || add_whole(m, newer) < 0)
		return add_whole(m, older);
	base = *batch_root(&m->batch, newer);
	rc = read_any(m, older, &to);
	if (!rc)
		rc = read_base(m, &base);
	if (!rc) {
		delta_make(&delta, git_odb_object_data(m->base), git_odb_object_size(m->base),
			   git_odb_object_data(to), git_odb_object_size(to));
		if (!buf_ok(&delta))
			rc = err_nomem(m->err);
		else if (delta.len < git_odb_object_size(to) / 2)
			rc = batch_add_delta(&m->batch, older, &base, delta.data, delta.len,
					     m->err);
		else
			rc = add_whole(m, older);
	}
	buf_release(&delta);
	git_odb_object_free(to);
	return rc;
}

/* Two versions of a folder: all that both have by the same name, then the folder itself. */
static int add_older_tree(struct merge *m, const git_oid *older, const git_oid *newer)
{
	struct tree *a = NULL, *b = NULL;
	int rc = 0;

	if (git_oid_equal(older, newer) || !is_ours(m, older) || batch_has(&m->batch, older))
		return 0;
	if (!is_ours(m, newer))
		return add_whole(m, older);
	rc = tree_load(&a, &m->packs, older, m->err);
	if (!rc)
		rc = tree_load(&b, &m->packs, newer, m->err);
	for (size_t i = 0; !rc && i < a->count; i++) {
		const struct tree_leaf *was = &a->leaves[i],
				       *is = tree_find(b, was->name, was->folder);

		if (!is || was->link || git_oid_equal(&was->id, &is->id))
			continue;
		rc = was->folder ? add_older_tree(m, &was->id, &is->id)
				 : add_older(m, &was->id, &is->id);
	}
	tree_free(a);
	tree_free(b);
	return rc ? rc : add_older(m, older, newer);
}

/* The tree of a commit that is ours, and its first parent: 1 when it has one. */
static int read_commit(struct merge *m, const git_oid *id, git_oid *ret_tree, git_oid *ret_parent)
{
	git_odb_object *object;
	const char *text;
	int rc = 0;

	if (repo_read(&m->packs, id, GIT_OBJECT_COMMIT, &object, m->err) < 0)
		return -m->err->code;
	text = git_odb_object_data(object);
	if (git_odb_object_size(object) < 46 || git_oid_fromstrn(ret_tree, text + 5, 40) < 0)
		rc = err_set(m->err, ERR_DAMAGED, "a commit without a tree");
	else if (git_odb_object_size(object) > 94 && memcmp(text + 46, "parent ", 7) == 0 &&
		 git_oid_fromstrn(ret_parent, text + 53, 40) == 0)
		rc = 1;
	git_odb_object_free(object);
	return rc;
}

/* From the newest commit of a run back, as far as the packs go. */
static int add_line(struct merge *m, git_oid commit)
{
	git_oid tree, parent, older, next;
	int more = read_commit(m, &commit, &tree, &parent);

	while (more == 1 && is_ours(m, &parent) && !batch_has(&m->batch, &parent)) {
		more = read_commit(m, &parent, &older, &next);
		if (more < 0 || add_whole(m, &commit) < 0 || add_older_tree(m, &older, &tree) < 0)
			return -m->err->code;
		commit = parent;
		tree = older;
		parent = next;
	}
	return more < 0 ? more : add_whole(m, &commit);
}

static bool is_commit(struct merge *m, const git_oid *id)
{
	git_object_t type;
	size_t size;

	return git_odb_read_header(&size, &type, m->packs.odb, id) == 0 &&
	       type == GIT_OBJECT_COMMIT;
}

/* Commits that are nobody's parent here are where the lines of runs end. */
static int add_lines(struct merge *m)
{
	git_oid *commits = calloc(m->count + 1, sizeof *commits), tree;
	size_t n = 0;
	int rc = 0;

	m->parents = calloc(m->count + 1, sizeof *m->parents);
	if (!commits || !m->parents)
		rc = err_nomem(m->err);
	for (size_t i = 0; i < m->count && !rc; i++)
		if (is_commit(m, &m->ids[i])) {
			commits[n++] = m->ids[i];
			rc = read_commit(m, &m->ids[i], &tree, &m->parents[m->parent_count]);
			m->parent_count += rc == 1;
			rc = rc < 0 ? rc : 0;
		}
	if (!rc)
		qsort(m->parents, m->parent_count, sizeof *m->parents, order);
	for (size_t i = 0; i < n && !rc; i++)
		if (!bsearch(&commits[i], m->parents, m->parent_count, sizeof *m->parents, order))
			rc = add_line(m, commits[i]);
	free(commits);
	return rc;
}

static void remove_packs(struct repo *repo, char *const *names, size_t count, const char *but)
{
	static const char *const ends[] = {"idx", "pack", "rev", "bitmap"};
	char *index = str_format("%s/multi-pack-index", repo->packs);

	/* one that names packs that are gone would stop git */
	if (index)
		repo->os->ops->unlink(repo->os, index);
	free(index);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sizeof ends / sizeof *ends && strcmp(names[i], but) != 0;
		     j++) {
			char *path = str_format("%s/%s.%s", repo->packs, names[i], ends[j]);

			if (path)
				repo->os->ops->unlink(repo->os, path);
			free(path);
		}
}

int merge_packs(struct repo *repo, char *const *names, size_t count, bool small, struct err *err)
{
	struct merge m = {.repo = repo,
			  .names = names,
			  .name_count = count,
			  .packs.os = repo->os,
			  .err = err};
	char name[46] = "";
	int rc;

	batch_init(&m.batch, repo->os, repo->path);
	if (small)
		m.batch.level = SMALL_LEVEL;
	rc = open_packs(&m);
	if (!rc && git_odb_foreach(m.packs.odb, each_object, &m) < 0)
		rc = err->code ? -err->code : repo_error(err, GIT_ERROR, "cannot list packs");
	if (!rc && m.count) {
		qsort(m.ids, m.count, sizeof *m.ids, order);
		rc = add_lines(&m);
	}
	for (size_t i = 0; i < m.count && !rc; i++)
		rc = add_whole(&m, &m.ids[i]);
	if (!rc)
		rc = batch_write(&m.batch, name, err);
	if (!rc)
		remove_packs(repo, names, count, name);
	batch_release(&m.batch);
	git_odb_object_free(m.base);
	git_odb_free(m.packs.odb);
	free(m.ids);
	free(m.parents);
	return rc;
}
