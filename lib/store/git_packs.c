/* SPDX-License-Identifier: MIT */
#include "git_packs.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_merge.h"
#include "git_repo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_OVER_MS ((int64_t)10 * 60 * 1000)

struct pack {
	char *name; /* owned: "pack-<hex>" */
	uint64_t size;
};

struct packs {
	struct repo *repo;
	struct pack *items; /* owned */
	size_t count, cap;
	int rc;
};

static bool has(struct packs *p, const char *name, const char *end)
{
	char *path = str_format("%s/%s%s", p->repo->packs, name, end);
	struct os_stat st;
	bool there = path && p->repo->os->ops->lstat(p->repo->os, path, &st) == 0;

	free(path);
	return there;
}

static int size_of(struct packs *p, const char *name, uint64_t *ret)
{
	char *path = str_format("%s/%s", p->repo->packs, name);
	struct os_stat st;
	int rc = path ? p->repo->os->ops->lstat(p->repo->os, path, &st) : -ENOMEM;

	free(path);
	*ret = rc < 0 ? 0 : st.size;
	return rc;
}

/* Packs that have their index, and that nobody keeps. */
static int each_file(void *arg, const char *file, enum os_kind kind)
{
	struct packs *p = arg;
	struct pack pack;
	char *name;

	if (kind != OS_FILE || !str_starts(file, "pack-") || !str_ends(file, ".pack") ||
	    size_of(p, file, &pack.size) < 0)
		return 0;
	name = strndup(file, strlen(file) - 5);
	if (p->count == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 64;
		struct pack *items = realloc(p->items, cap * sizeof *items);

		if (!items) {
			free(name);
			return p->rc = -ENOMEM;
		}
		p->items = items;
		p->cap = cap;
	}
	pack.name = name;
	if (!name)
		return p->rc = -ENOMEM;
	if (has(p, name, ".keep") || !has(p, name, ".idx") || has(p, name, ".promisor"))
		free(name);
	else
		p->items[p->count++] = pack;
	return 0;
}

static int by_size(const void *a, const void *b)
{
	const struct pack *x = a, *y = b;

	return x->size < y->size ? -1 : x->size > y->size;
}

/* How many of the smallest are worth merging; 0: none. */
static size_t choose(const struct packs *p, bool all)
{
	uint64_t sum = 0;
	size_t n = 0;

	if (all)
		return p->count > 1 ? p->count : 0;
	if (p->count <= PACKS_MANY)
		return 0;
	while (n < p->count && (n < PACKS_MANY || p->items[n].size < 2 * sum))
		sum += p->items[n++].size;
	return n;
}

static int merge(struct packs *p, size_t count, bool all, struct err *err)
{
	char **names = calloc(count, sizeof *names);
	int rc;

	if (!names)
		return err_nomem(err);
	for (size_t i = 0; i < count; i++)
		names[i] = p->items[i].name;
	rc = merge_packs(p->repo, names, count, all, err);
	free(names);
	return rc;
}

/* A descriptor that holds the lock of those who tidy up; -1: another has it. */
static int take_turn(struct repo *repo)
{
	char *path = str_format("%s/wf/tidy.lock", repo->path);
	int fd = path ? repo->os->ops->open(repo->os, path, O_RDWR | O_CREAT, 0600) : -1;

	free(path);
	if (fd >= 0 && repo->os->ops->lock(repo->os, fd, false) < 0) {
		repo->os->ops->close(repo->os, fd);
		fd = -1;
	}
	return fd;
}

static int look(struct packs *p, struct err *err)
{
	int rc = p->repo->os->ops->list(p->repo->os, p->repo->packs, each_file, p);

	rc = p->rc ? p->rc : rc;
	if (rc < 0)
		return err_sys(err, -rc, "cannot list '%s'", p->repo->packs);
	if (p->count)
		qsort(p->items, p->count, sizeof *p->items, by_size);
	return 0;
}

int packs_tidy(struct repo *repo, bool all, struct err *err)
{
	struct packs p = {.repo = repo};
	int turn = take_turn(repo), rc = 0;
	size_t n;

	if (turn < 0)
		return 0;
	rc = look(&p, err);
	if (!rc && (n = choose(&p, all)) > 0)
		rc = merge(&p, n, all, err);
	for (size_t i = 0; i < p.count; i++)
		free(p.items[i].name);
	free(p.items);
	repo->os->ops->close(repo->os, turn);
	return rc;
}

static bool is_old(struct repo *repo, const char *path)
{
	struct os_stat st;

	return repo->os->ops->lstat(repo->os, path, &st) == 0 &&
	       st.mtime / 1000000 + LEFT_OVER_MS < repo->os->ops->now(repo->os);
}

static bool is_our_keep(struct repo *repo, const char *path)
{
	char text[4] = "";
	int fd = repo->os->ops->open(repo->os, path, O_RDONLY, 0);

	if (fd < 0)
		return false;
	if (repo->os->ops->pread(repo->os, fd, text, 3, 0) < 0)
		text[0] = '\0';
	repo->os->ops->close(repo->os, fd);
	return strcmp(text, "wf\n") == 0;
}

static int sweep_pack(void *arg, const char *name, enum os_kind kind)
{
	struct repo *repo = arg;
	char *path = str_format("%s/%s", repo->packs, name);

	if (path && kind == OS_FILE && str_ends(name, ".keep") && is_old(repo, path) &&
	    is_our_keep(repo, path))
		repo->os->ops->unlink(repo->os, path);
	free(path);
	return 0;
}

/* By whoever writes a pack, takes a lock (before: moves a ref) or writes git's index. */
static bool is_made(const char *name)
{
	return str_starts(name, "pack-") || str_starts(name, "lock-") || str_starts(name, "ref-") ||
	       str_starts(name, "index-");
}

static int sweep_own(void *arg, const char *name, enum os_kind kind)
{
	struct repo *repo = arg;
	char *path = str_format("%s/wf/%s", repo->path, name);

	if (path && kind == OS_FILE && is_made(name) && is_old(repo, path))
		repo->os->ops->unlink(repo->os, path);
	free(path);
	return 0;
}

void packs_sweep(struct repo *repo)
{
	char *folder = str_format("%s/wf", repo->path);
	char *lock = str_format("%s/packed-refs.lock", repo->path);

	/* of one who was killed while refs were packed: nobody takes so long */
	if (lock && is_old(repo, lock))
		repo->os->ops->unlink(repo->os, lock);
	free(lock);
	repo->os->ops->list(repo->os, repo->packs, sweep_pack, repo);
	if (folder)
		repo->os->ops->list(repo->os, folder, sweep_own, repo);
	free(folder);
}
