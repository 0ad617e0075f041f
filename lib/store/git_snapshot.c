/* SPDX-License-Identifier: MIT */
#include "git_snapshot.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_modules.h"
#include "git_repo.h"
#include "git_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stamp younger than this may hide a second change in the same tick of the clock. */
#define TICK_NS ((int64_t)50 * 1000000)
enum { SMALL = 1 << 20 };

/* How the files of a folder behave. */
enum manner {
	WRITE_ONCE, /* never change once they have their name */
	REPLACED,   /* may be another file any time */
	GROWING,    /* only the end is kept */
};

static int gone(struct err *err, const char *path)
{
	return err_set(err, ERR_NOT_FOUND, "'%s' went away", path);
}

/* A stamp that can be trusted, else zero. */
static struct tree_stamp stamp_of(struct os *os, const struct os_stat *st)
{
	if (st->mtime + TICK_NS > os->ops->now(os) * 1000000)
		return (struct tree_stamp){0, 0, 0};
	return (struct tree_stamp){st->inode, st->size, st->mtime};
}

static bool unchanged(const struct tree_stamp *stamp, const struct os_stat *st)
{
	return stamp->inode && stamp->inode == st->inode && stamp->size == st->size &&
	       stamp->mtime == st->mtime;
}

static int add_bytes(const struct snapshot *s, int fd, uint64_t from, uint64_t n, git_oid *ret,
		     struct err *err)
{
	struct buf data = BUF_INIT;
	ssize_t got;
	int rc;

	if (n > SMALL)
		return batch_add_file(s->batch, fd, from, n, ret, err);
	if (!buf_reserve(&data, (size_t)n))
		return err_nomem(err);
	got = s->repo->os->ops->pread(s->repo->os, fd, data.data, (size_t)n, from);
	if (got < 0)
		rc = err_sys(err, (int)-got, "cannot read");
	else
		rc = batch_add(s->batch, GIT_OBJECT_BLOB, data.data, (size_t)got, ret, err);
	buf_release(&data);
	return rc;
}

/* One file into its entry. 1; 0 when it is not there (any more). */
static int take_file(const struct snapshot *s, struct tree *tree, const char *path,
		     const char *name, enum manner manner, struct err *err)
{
	struct os *os = s->repo->os;
	struct tree_leaf *leaf = tree_find(tree, name, false);
	struct os_stat st;
	uint64_t from = 0;
	git_oid id;
	int fd, rc;

	if (leaf && manner == WRITE_ONCE)
		return 1;
	rc = os->ops->lstat(os, path, &st);
	if (rc == -ENOENT || rc == -ENOTDIR || (rc == 0 && st.kind != OS_FILE))
		return 0;
	if (rc == 0 && leaf && unchanged(&leaf->stamp, &st))
		return 1;
	fd = rc < 0 ? rc : os->ops->open(os, path, O_RDONLY | O_NONBLOCK, 0);
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s'", path);
	rc = os->ops->fstat(os, fd, &st);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot read '%s'", path);
	if (manner == GROWING && st.size > SNAPSHOT_LOG_TAIL)
		from = st.size - SNAPSHOT_LOG_TAIL;
	if (!rc && (rc = add_bytes(s, fd, from, st.size - from, &id, err)) < 0)
		err_context(err, "'%s'", path);
	if (!rc && !(rc = tree_put(tree, name, &id, &leaf, err)))
		leaf->stamp = stamp_of(os, &st);
	os->ops->close(os, fd);
	return rc < 0 ? rc : 1;
}

struct listing {
	const struct snapshot *snapshot;
	struct tree *tree;
	const char *path;
	enum manner manner;
	struct err *err;
};

static int take_folder(const struct snapshot *s, struct tree *parent, const char *path,
		       const char *name, enum manner manner, struct err *err);

static int each_entry(void *arg, const char *name, enum os_kind kind)
{
	struct listing *l = arg;
	struct tree_leaf *leaf;
	char *path;
	int rc = 0;

	if (name[0] == '.' || (kind != OS_FILE && !(kind == OS_DIRECTORY && l->manner == GROWING)))
		return 0;
	path = str_format("%s/%s", l->path, name);
	if (!path)
		return err_nomem(l->err);
	if (kind == OS_DIRECTORY)
		rc = take_folder(l->snapshot, l->tree, path, name, l->manner, l->err);
	else
		rc = take_file(l->snapshot, l->tree, path, name, l->manner, l->err);
	leaf = tree_find(l->tree, name, kind == OS_DIRECTORY);
	if (leaf && rc >= 0)
		leaf->seen = true;
	free(path);
	return rc < 0 ? rc : 0;
}

/* What is no longer in the folder leaves the tree; of logs and payloads nothing does. */
static void sweep(struct tree *tree)
{
	for (size_t i = tree->count; i > 0; i--)
		if (!tree->leaves[i - 1].seen)
			tree_remove(tree, tree->leaves[i - 1].name, tree->leaves[i - 1].folder);
}

static int list_folder(const struct snapshot *s, struct tree *tree, const char *path,
		       enum manner manner, struct err *err)
{
	struct listing l = {
		.snapshot = s, .tree = tree, .path = path, .manner = manner, .err = err};
	struct os *os = s->repo->os;
	int rc;

	for (size_t i = 0; i < tree->count; i++)
		tree->leaves[i].seen = false;
	rc = os->ops->list(os, path, each_entry, &l);
	if (err->code)
		return -err->code;
	if (rc < 0 && rc != -ENOENT && rc != -ENOTDIR)
		return err_sys(err, -rc, "cannot list '%s'", path);
	if (manner == REPLACED)
		sweep(tree);
	return 0;
}

/*
 * The logs of a thousand commands share a folder. One that is neither of the two
 * youngest is not looked into again before the run ends.
 */
static bool long_left(const struct snapshot *s, const struct tree *parent, const char *name)
{
	unsigned long mine = strtoul(name, NULL, 10);

	if (s->thorough || !tree_find(parent, name, true))
		return false;
	for (size_t i = 0; i < parent->count; i++)
		if (parent->leaves[i].folder &&
		    strtoul(parent->leaves[i].name, NULL, 10) > mine + 1)
			return true;
	return false;
}

static int take_folder(const struct snapshot *s, struct tree *parent, const char *path,
		       const char *name, enum manner manner, struct err *err)
{
	struct os *os = s->repo->os;
	struct tree *tree;
	struct os_stat st;
	int rc = os->ops->lstat(os, path, &st);

	if (rc == 0 && st.kind != OS_DIRECTORY)
		return 0;
	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "cannot read '%s'", path);
	if (rc == -ENOENT && manner != REPLACED)
		return 0;
	if (manner == GROWING && long_left(s, parent, name))
		return 0;
	if (tree_folder(parent, s->repo, name, rc == 0, &tree, err) < 0)
		return -err->code;
	if (!tree || (manner != GROWING && rc == 0 && unchanged(&tree->stamp, &st)))
		return 0;
	if (list_folder(s, tree, path, manner, err) < 0)
		return -err->code;
	tree->stamp = rc == 0 ? stamp_of(os, &st) : (struct tree_stamp){0, 0, 0};
	return 0;
}

/* A segment that was left: all of it, without filling at its end. The last one: up to offset. */
static int take_segment(const struct snapshot *s, struct tree *history, unsigned number,
			struct buf *data, struct err *err)
{
	bool last = number == s->segment;
	struct os *os = s->repo->os;
	char *path = str_format("%s/history/%06u.jsonl", s->folder, number), name[32];
	struct os_stat st = {.size = 0};
	int fd, rc = 0;
	ssize_t n = 0;
	git_oid id;

	snprintf(name, sizeof name, "%06u.jsonl", number);
	if (!path)
		return err_nomem(err);
	fd = os->ops->open(os, path, O_RDONLY, 0);
	if (fd == -ENOENT)
		rc = gone(err, path);
	else if (fd < 0 || (n = os->ops->fstat(os, fd, &st)) < 0)
		rc = err_sys(err, fd < 0 ? -fd : (int)-n, "cannot open '%s'", path);
	if (last)
		st.size = s->offset;
	buf_clear(data);
	if (!rc && !buf_reserve(data, (size_t)st.size))
		rc = err_nomem(err);
	if (!rc && (n = os->ops->pread(os, fd, data->data, (size_t)st.size, 0)) < 0)
		rc = err_sys(err, (int)-n, "cannot read '%s'", path);
	if (!rc && last && (uint64_t)n < s->offset)
		rc = err_set(err, ERR_DAMAGED, "'%s' is shorter than what was acknowledged", path);
	while (n > 1 && data->data[n - 1] == '\n' && data->data[n - 2] == '\n')
		n--;
	if (!rc && !(rc = batch_add(s->batch, GIT_OBJECT_BLOB, data->data, (size_t)n, &id, err)))
		rc = tree_put(history, name, &id, NULL, err);
	data->len = rc ? 0 : (size_t)n;
	if (fd >= 0)
		os->ops->close(os, fd);
	free(path);
	return rc;
}

/* Segments that the tree has and that have a successor in it are complete and never change. */
static int take_history(const struct snapshot *s, struct tree *root, struct buf *last,
			struct err *err)
{
	unsigned first = 1;
	struct tree *history;
	char name[32];

	if (tree_folder(root, s->repo, "history", true, &history, err) < 0)
		return -err->code;
	while (history->count > 0 &&
	       strtoul(history->leaves[history->count - 1].name, NULL, 10) > s->segment)
		tree_remove(history, history->leaves[history->count - 1].name, false);
	if (history->count > 0) {
		first = (unsigned)strtoul(history->leaves[history->count - 1].name, NULL, 10);
		for (unsigned i = 1; i < first; i++) {
			snprintf(name, sizeof name, "%06u.jsonl", i);
			if (!tree_find(history, name, false))
				first = i;
		}
	}
	for (unsigned i = first ? first : 1; i <= s->segment; i++)
		if (take_segment(s, history, i, last, err) < 0)
			return -err->code;
	return 0;
}

/* The module that the last segment's head names. */
static int take_module(const struct snapshot *s, struct tree *root, const struct buf *segment,
		       struct err *err)
{
	const char *end = segment->len ? memchr(segment->data, '\n', segment->len) : NULL;
	json_t *head = end ? json_loadb(segment->data, (size_t)(end - segment->data), 0, NULL)
			   : NULL;
	const char *sha256 = json_string_value(json_object_get(head, "module"));
	git_oid id;
	int rc = 0;

	if (sha256 && strlen(sha256) == 64 && strspn(sha256, "0123456789abcdef") == 64)
		rc = modules_blob(s->modules, s->repo, s->batch, sha256, &id, err);
	if (rc == 1)
		rc = tree_put(root, "module.so", &id, NULL, err);
	json_decref(head);
	return rc;
}

static int take_parts(const struct snapshot *s, struct tree *root, struct err *err)
{
	static const struct {
		const char *name;
		bool folder;
		enum manner manner;
	} parts[] = {
		{"run.json", false, WRITE_ONCE},  {"result.json", false, REPLACED},
		{"halted.json", false, REPLACED}, {"attempts", true, REPLACED},
		{"payloads", true, WRITE_ONCE},   {"logs", true, GROWING},
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts && rc >= 0; i++) {
		char *path = str_format("%s/%s", s->folder, parts[i].name);

		if (!path)
			rc = err_nomem(err);
		else if (parts[i].folder)
			rc = take_folder(s, root, path, parts[i].name, parts[i].manner, err);
		else if ((rc = take_file(s, root, path, parts[i].name, parts[i].manner, err)) == 0)
			tree_remove(root, parts[i].name, false);
		free(path);
	}
	return rc < 0 ? rc : 0;
}

int snapshot_take(const struct snapshot *snapshot, struct tree *root, struct err *err)
{
	struct buf last = BUF_INIT;
	struct os_stat st;
	int rc = 0;

	if (snapshot->segment)
		rc = take_history(snapshot, root, &last, err);
	if (!rc)
		rc = take_parts(snapshot, root, err);
	if (!rc && snapshot->segment)
		rc = take_module(snapshot, root, &last, err);
	if (!rc && snapshot->repo->os->ops->lstat(snapshot->repo->os, snapshot->folder, &st) < 0)
		rc = gone(err, snapshot->folder); /* what was not found may only have moved */
	buf_release(&last);
	return rc;
}

int snapshot_history(const struct snapshot *snapshot, struct tree *root, struct err *err)
{
	struct buf last = BUF_INIT;
	int rc = take_history(snapshot, root, &last, err);

	if (!rc)
		rc = take_module(snapshot, root, &last, err);
	buf_release(&last);
	return rc;
}
