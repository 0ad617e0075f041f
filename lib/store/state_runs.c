/* SPDX-License-Identifier: MIT */
/* The runs and the modules of a state directory. */
#include "state.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_MAX ((size_t)256 << 20)

/* Ids in open/, sorted: what moves to closed/ while we look is told once. */
struct ids {
	char **names;
	size_t count, size;
};

struct closed_ids {
	const struct ids *told;
	int (*each)(void *arg, const char *id, bool closed);
	void *arg;
	int stopped; /* what each returned */
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_run(const char *name, enum os_kind kind)
{
	return kind == OS_DIRECTORY && !str_id_problem(name);
}

static int gather(void *arg, const char *name, enum os_kind kind)
{
	struct ids *ids = arg;

	if (!is_run(name, kind))
		return 0;
	if (ids->count == ids->size) {
		size_t size = ids->size ? 2 * ids->size : 64;
		char **names = reallocarray(ids->names, size, sizeof *names);

		if (!names)
			return -ENOMEM;
		ids->names = names;
		ids->size = size;
	}
	ids->names[ids->count] = strdup(name);
	return ids->names[ids->count++] ? 0 : -ENOMEM;
}

static int tell_closed(void *arg, const char *name, enum os_kind kind)
{
	struct closed_ids *closed = arg;

	if (!is_run(name, kind) ||
	    (closed->told->count &&
	     bsearch(&name, closed->told->names, closed->told->count, sizeof name, compare)))
		return 0;
	closed->stopped = closed->each(closed->arg, name, true);
	return closed->stopped ? 1 : 0;
}

static int list(struct state *state, const char *folder,
		int (*each)(void *, const char *, enum os_kind), void *arg, struct err *err)
{
	char *path = state_path(state, folder, NULL);
	int rc = path ? state->os->ops->list(state->os, path, each, arg) : -ENOMEM;

	free(path);
	if (rc >= 0 || rc == -ENOENT)
		return 0;
	return err_sys(err, -rc, "cannot read folder '%s/%s'", state->path, folder);
}

int state_each_run(struct state *state, bool open, bool closed,
		   int (*each)(void *arg, const char *id, bool closed), void *arg, struct err *err)
{
	struct ids ids = {NULL, 0, 0};
	struct closed_ids rest = {&ids, each, arg, 0};
	int rc = open ? list(state, "open", gather, &ids, err) : 0;

	if (rc == 0 && ids.count)
		qsort(ids.names, ids.count, sizeof *ids.names, compare);
	for (size_t i = 0; rc == 0 && i < ids.count; i++)
		rc = each(arg, ids.names[i], false);
	if (rc == 0 && closed) {
		rc = list(state, "closed", tell_closed, &rest, err);
		rc = rest.stopped ? rest.stopped : rc;
	}
	for (size_t i = 0; i < ids.count; i++)
		free(ids.names[i]);
	free(ids.names);
	return rc;
}

static bool is_same(struct state *state, const char *path, const struct buf *content)
{
	struct buf there = BUF_INIT;
	struct err ignored = ERR_INIT;
	bool same = os_read_file(state->os, path, MODULE_MAX, &there, &ignored) == 0 &&
		    there.len == content->len &&
		    (!there.len || memcmp(there.data, content->data, there.len) == 0);

	buf_release(&there);
	return same;
}

/* Write once, by content. What is there and the same may have a name that is not durable. */
static int keep_module(struct state *state, const char *path, const struct buf *content,
		       struct err *err)
{
	char *folder;
	int rc;

	if (!is_same(state, path, content))
		return os_replace(state->os, path, content->data, content->len, 0500, err);
	folder = state_path(state, "modules", NULL);
	if (!folder)
		return err_nomem(err);
	rc = state->os->ops->sync_dir(state->os, folder);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot sync '%s'", folder);
	free(folder);
	return rc;
}

int state_add_module(struct state *state, const char *path, char ret_sha256[65], char **ret_path,
		     struct err *err)
{
	char *real = realpath(path, NULL), *kept = NULL;
	char name[HASH_HEX + 3];
	struct buf content = BUF_INIT;
	struct err why = ERR_INIT;
	int rc = os_read_file(state->os, real ? real : path, MODULE_MAX, &content, &why);

	if (rc < 0)
		rc = err_set(err, rc == -ERR_DAMAGED ? ERR_MODULE : why.code, "%s", why.text);
	if (rc == 0) {
		hash_sha256(content.data, content.len, name);
		memcpy(ret_sha256, name, HASH_HEX);
		strcat(name, ".so");
		kept = state_path(state, "modules", name);
		rc = kept ? keep_module(state, kept, &content, err) : err_nomem(err);
	}
	free(real);
	buf_release(&content);
	if (rc < 0)
		free(kept);
	else if (ret_path)
		*ret_path = kept;
	else
		free(kept);
	return rc;
}
