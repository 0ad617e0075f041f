/* SPDX-License-Identifier: MIT */
#include "git_prune.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "git_repo.h"
#include "git_restore.h"
#include "run_internal.h"
#include "state.h"
#include "sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLACK 8 /* many at a time: once an eighth more than are kept are there */

struct closed {
	char *id; /* owned */
	int64_t at;
};

struct all {
	struct repo *repo;
	struct closed *list;
	size_t count, size;
};

static int count_one(void *arg, const char *name, enum os_kind kind)
{
	uint64_t *count = arg;

	*count += kind == OS_DIRECTORY && name[0] != '.';
	return 0;
}

/* When it ended: result.json is written once. Whoever has none is not whole, and stays. */
static bool ended_at(struct repo *repo, const char *id, int64_t *ret)
{
	char *path = str_format("%s/closed/%s/result.json", repo->state, id);
	struct os_stat st;
	bool has = path && repo->os->ops->lstat(repo->os, path, &st) == 0;

	if (has)
		*ret = st.mtime;
	free(path);
	return has;
}

static int gather(void *arg, const char *name, enum os_kind kind)
{
	struct all *all = arg;
	struct closed closed;

	if (kind != OS_DIRECTORY || str_id_problem(name) || !ended_at(all->repo, name, &closed.at))
		return 0;
	if (all->count == all->size) {
		size_t size = all->size ? 2 * all->size : 256;
		struct closed *list = reallocarray(all->list, size, sizeof *list);

		if (!list)
			return -ENOMEM;
		all->list = list;
		all->size = size;
	}
	closed.id = strdup(name);
	if (!closed.id)
		return -ENOMEM;
	all->list[all->count++] = closed;
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const struct closed *x = a, *y = b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : strcmp(x->id, y->id);
}

/* Whether the branch has all that is in the folder. */
static bool is_committed(struct repo *repo, const char *id)
{
	struct err ignored = ERR_INIT;
	json_t *answer = NULL;
	bool committed = git_verify(repo, id, &answer, &ignored) == 0 &&
			 json_is_string(json_object_get(answer, "commit")) &&
			 json_array_size(json_object_get(answer, "differs")) == 0;

	json_decref(answer);
	return committed;
}

static int remove_folder(struct repo *repo, const struct run *run, struct err *err)
{
	char *gone;
	int rc = run_name_new(run->state, "closed", &gone, err);

	if (rc < 0)
		return rc;
	rc = repo->os->ops->rename(repo->os, run->path, gone);
	rc = rc < 0 ? err_sys(err, -rc, "cannot rename '%s'", run->path)
		    : os_remove_tree(repo->os, gone, err);
	free(gone);
	return rc;
}

/* One that is busy (it is reset, or somebody checks it), or not committed, stays for another time.
 */
static int prune_one(struct repo *repo, const char *id, struct err *err)
{
	struct state state = {.os = repo->os, .path = repo->state};
	struct err ignored = ERR_INIT;
	struct run run;
	int rc = 0;

	if (run_open(&run, &state, id, &ignored) < 0)
		return 0;
	if (run.closed && run_lock(&run, 0, &ignored) == 0 && is_committed(repo, id))
		rc = remove_folder(repo, &run, err);
	run_release(&run);
	return rc;
}

int prune_closed(struct repo *repo, uint64_t keep, struct err *err)
{
	struct all all = {.repo = repo};
	char *folder = str_format("%s/closed", repo->state);
	uint64_t count = 0;
	int rc = folder ? repo->os->ops->list(repo->os, folder, count_one, &count) : -ENOMEM;

	if (rc == 0 && count > keep && count - keep > keep / SLACK) {
		rc = sweep_folder(repo->os, folder, false, true, NULL, NULL, err);
		if (rc == 0)
			rc = repo->os->ops->list(repo->os, folder, gather, &all);
	}
	if (rc == 0 && all.count > keep) {
		qsort(all.list, all.count, sizeof *all.list, by_age);
		for (size_t i = 0; rc == 0 && i < all.count - keep; i++)
			rc = prune_one(repo, all.list[i].id, err);
	}
	if (rc < 0 && !err->code)
		err_sys(err, -rc, "cannot read folder '%s/closed'", repo->state);
	for (size_t i = 0; i < all.count; i++)
		free(all.list[i].id);
	free(all.list);
	free(folder);
	return -err->code;
}
