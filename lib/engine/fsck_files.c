/* SPDX-License-Identifier: MIT */
/* Every entry of a run's folder: what it is, whose, who may write to it, and what a death left. */
#include "fsck_internal.h"

#include "../base/str.h"
#include "../os/os.h"
#include "../store/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEPEST 8

struct walk {
	struct look *look;
	const char *within; /* folder within the run's, with its slash; "" */
	unsigned depth;
	struct err *err;
};

static int walk(struct look *l, const char *within, unsigned depth, struct err *err);

int look_at_entry(struct problems *problems, struct fsck *f, const char *path, const char *shown,
		  const char *file, bool *ret_folder)
{
	struct os_stat st;
	int rc = f->state->os->ops->lstat(f->state->os, path, &st);

	*ret_folder = false;
	if (rc == -ENOENT)
		return 0; /* gone meanwhile */
	if (rc < 0) {
		problem_add(problems, true, FIX_NONE, file, "cannot stat '%s': %s", shown,
			    strerror(-rc));
		return 0;
	}
	*ret_folder = st.kind == OS_DIRECTORY;
	if (st.kind == OS_LINK || st.kind == OS_OTHER) {
		problem_add(problems, true, FIX_RESTORE, file, "'%s' is %s; move it away", shown,
			    st.kind == OS_LINK ? "a symbolic link" : "neither a file nor a folder");
		return 0;
	}
	if (st.uid != geteuid())
		problem_add(problems, true, FIX_NONE, file,
			    "'%s' belongs to user %u, not to you; run 'chown' on it", shown,
			    (unsigned)st.uid);
	if (st.mode & (S_IWGRP | S_IWOTH))
		problem_add(problems, true, FIX_MODE, file,
			    "'%s' is writable by others (mode %04o)", shown,
			    (unsigned)st.mode & 07777u);
	return 1;
}

static int visit(void *arg, const char *name, enum os_kind kind)
{
	struct walk *w = arg;
	struct look *l = w->look;
	bool inbox = str_starts(w->within, "inbox"), folder;
	char *file = str_format("%s%s", w->within, name), *path = NULL;
	int rc = file && (path = look_path(l, file)) ? 0 : err_nomem(w->err);

	if (rc == 0 && sweep_is_stray(name, !l->driven && !inbox))
		problem_add(&l->problems, false, FIX_SWEEP, file,
			    "'%s' was being written when a process died", path);
	else if (rc == 0 && name[0] == '.')
		;
	else if (rc == 0 && inbox && kind != OS_FILE && kind != OS_DIRECTORY)
		problem_add(&l->problems, false, FIX_INBOX, file, "'%s' is no message", path);
	else if (rc == 0 && look_at_entry(&l->problems, l->fsck, path, path, file, &folder) == 1 &&
		 folder)
		rc = walk(l, file, w->depth + 1, w->err);
	free(file);
	free(path);
	return rc;
}

static int walk(struct look *l, const char *within, unsigned depth, struct err *err)
{
	struct os *os = l->fsck->state->os;
	char *prefix = str_format("%s%s", within, *within ? "/" : "");
	char *path = look_path(l, within);
	struct walk w = {l, prefix, depth, err};
	int rc = prefix && path ? 0 : err_nomem(err);

	if (rc == 0 && depth > DEEPEST)
		problem_add(&l->problems, false, FIX_NONE, within, "'%s' is nested too deep", path);
	else if (rc == 0) {
		rc = os->ops->list(os, path, visit, &w);
		if (rc == -ENOENT)
			rc = 0; /* closed, or removed, meanwhile */
		else if (rc < 0 && !err->code) {
			problem_add(&l->problems, true, FIX_NONE, within, "cannot read '%s': %s",
				    path, strerror(-rc));
			rc = 0;
		}
	}
	free(prefix);
	free(path);
	return rc;
}

int look_at_files(struct look *l, struct err *err)
{
	bool folder;

	look_at_entry(&l->problems, l->fsck, l->path, l->path, "", &folder);
	return walk(l, "", 0, err);
}
