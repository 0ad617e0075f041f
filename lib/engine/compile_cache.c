/* SPDX-License-Identifier: MIT */
#include "compile_cache.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../store/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* More than anyone works on at once; a module made anew costs a second. */
#define KEPT 64

static int name_entry(struct state *state, const char *key, struct cache_entry *ret)
{
	uint64_t chance = 0;
	char *dir = state_path(state, "cache", NULL);
	int rc = -ENOMEM;

	if (dir && (rc = state->os->ops->random(state->os, &chance, sizeof chance)) >= 0) {
		ret->path = str_format("%s/%s.so", dir, key);
		ret->temporary = str_format("%s/.tmp-%d-%016llx.so", dir, (int)getpid(),
					    (unsigned long long)chance);
		rc = ret->path && ret->temporary ? 0 : -ENOMEM;
	}
	free(dir);
	return rc;
}

int cache_find(struct state *state, const char *key, struct cache_entry *ret, struct err *err)
{
	struct cache_entry entry = {NULL, NULL};
	struct os_stat st;
	char *dir = NULL;
	int rc = name_entry(state, key, &entry);

	if (rc < 0) {
		rc = err_sys(err, -rc, "cannot name a file in '%s/cache'", state->path);
		goto out;
	}
	if (state->os->ops->lstat(state->os, entry.path, &st) >= 0 && st.kind == OS_FILE &&
	    st.size) {
		utimensat(AT_FDCWD, entry.path, NULL, AT_SYMLINK_NOFOLLOW);
		free(entry.temporary);
		entry.temporary = NULL;
		rc = 1;
		goto out;
	}
	dir = state_path(state, "cache", NULL);
	rc = dir ? os_make_dir(state->os, dir, 0700, NULL, err) : err_nomem(err);
out:
	free(dir);
	if (rc < 0)
		cache_entry_release(&entry);
	else
		*ret = entry;
	return rc;
}

struct oldest {
	struct os *os;
	const char *dir;
	size_t n;
	int64_t mtime;
	char *path;
};

static int look(void *arg, const char *name, enum os_kind kind)
{
	struct oldest *o = arg;
	struct os_stat st;
	char *path = str_format("%s/%s", o->dir, name);

	(void)kind;
	if (!path)
		return -ENOMEM;
	o->n++;
	if (o->os->ops->lstat(o->os, path, &st) >= 0 && (!o->path || st.mtime < o->mtime)) {
		free(o->path);
		o->path = path;
		o->mtime = st.mtime;
	} else {
		free(path);
	}
	return 0;
}

/* Failures are passed over: the next compilation tries again. */
static void forget_old(struct state *state)
{
	char *dir = state_path(state, "cache", NULL);
	struct oldest o = {.os = state->os, .dir = dir, .n = KEPT + 1};

	while (dir && o.n > KEPT) {
		o = (struct oldest){.os = state->os, .dir = dir};
		if (state->os->ops->list(state->os, dir, look, &o) < 0 || !o.path)
			o.n = 0;
		if (o.n > KEPT && state->os->ops->unlink(state->os, o.path) < 0)
			o.n = 0;
		free(o.path);
	}
	free(dir);
}

static int keep(struct state *state, const struct cache_entry *entry, struct err *err)
{
	struct os *os = state->os;
	int fd = os->ops->open(os, entry->temporary, O_RDONLY, 0);
	int rc = fd;

	if (fd >= 0) {
		rc = os->ops->sync(os, fd);
		os->ops->close(os, fd);
	}
	if (rc >= 0)
		rc = os->ops->rename(os, entry->temporary, entry->path);
	if (rc < 0)
		return err_sys(err, -rc, "cannot write '%s'", entry->path);
	forget_old(state);
	return 0;
}

int cache_finish(struct state *state, struct cache_entry *entry, int made, struct err *err)
{
	int rc = made < 0 ? made : keep(state, entry, err);

	if (rc < 0)
		state->os->ops->unlink(state->os, entry->temporary);
	return rc;
}

void cache_entry_release(struct cache_entry *entry)
{
	free(entry->path);
	free(entry->temporary);
	*entry = (struct cache_entry){NULL, NULL};
}
