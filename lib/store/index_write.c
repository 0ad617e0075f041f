/* SPDX-License-Identifier: MIT */
/* Changing the index, under its lock. */
#include "index.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

struct writing {
	struct os *os;
	char *path;
	int lock;
};

static void end(struct writing *w)
{
	if (w->lock >= 0)
		w->os->ops->close(w->os, w->lock);
	free(w->path);
}

static int begin(struct writing *ret, struct state *state, struct err *err)
{
	struct writing w = {.os = state->os, .lock = -1};
	char *folder = state_path(state, "index", NULL), *lock = state_path(state, "index", "lock");
	int rc;

	w.path = state_path(state, "index", "closed.jsonl");
	rc = folder && lock && w.path ? 0 : -ENOMEM;
	if (rc == 0)
		rc = w.lock = w.os->ops->open(w.os, lock, O_RDWR | O_CREAT, 0600);
	if (rc == -ENOENT) {
		rc = os_make_dir(w.os, folder, 0700, NULL, err);
		if (rc == 0)
			rc = w.lock = w.os->ops->open(w.os, lock, O_RDWR | O_CREAT, 0600);
	}
	if (rc >= 0)
		rc = w.os->ops->lock(w.os, w.lock, true);
	if (rc < 0) {
		rc = err->code ? -err->code
			       : err_sys(err, -rc, "cannot lock '%s/index'", state->path);
		end(&w);
	} else {
		*ret = w;
	}
	free(folder);
	free(lock);
	return rc;
}

/* Behind the last line; one that was torn gets its newline first. */
static int add(struct writing *w, const char *lines, size_t n)
{
	struct os_stat st;
	char last = '\n';
	ssize_t rc;
	int fd = w->os->ops->open(w->os, w->path, O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		return fd;
	rc = w->os->ops->fstat(w->os, fd, &st);
	if (rc >= 0 && st.size)
		rc = w->os->ops->pread(w->os, fd, &last, 1, st.size - 1);
	if (rc >= 0 && last != '\n')
		rc = w->os->ops->pwrite(w->os, fd, "\n", 1, st.size++);
	if (rc >= 0)
		rc = w->os->ops->pwrite(w->os, fd, lines, n, st.size);
	w->os->ops->close(w->os, fd);
	return rc < 0 ? (int)rc : 0;
}

int index_append(struct state *state, const char *lines, size_t n, struct err *err)
{
	struct writing w;
	int rc = begin(&w, state, err);

	if (rc < 0)
		return rc;
	rc = add(&w, lines, n);
	if (rc < 0) {
		/* a line that is missing beside an older one of the same run would be a lie */
		w.os->ops->unlink(w.os, w.path);
		rc = err_sys(err, -rc, "cannot write '%s'", w.path);
	}
	end(&w);
	return rc;
}

int index_replace(struct state *state, size_t seen, const char *lines, size_t n, struct err *err)
{
	struct writing w;
	struct os_stat st = {.size = 0};
	int rc = begin(&w, state, err);

	if (rc < 0)
		return rc;
	w.os->ops->lstat(w.os, w.path, &st);
	if (st.size == seen)
		rc = os_replace_soft(w.os, w.path, lines, n, 0600, err);
	end(&w);
	return rc;
}

int index_drop(struct state *state, struct err *err)
{
	struct writing w;
	int rc = begin(&w, state, err);

	if (rc < 0)
		return rc;
	rc = w.os->ops->unlink(w.os, w.path);
	if (rc < 0 && rc != -ENOENT)
		rc = err_sys(err, -rc, "cannot remove '%s'", w.path);
	end(&w);
	return rc == -ENOENT ? 0 : rc;
}
