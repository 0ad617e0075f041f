/* SPDX-License-Identifier: MIT */
/* One look at one run: where it is, who drives it, and then each of its parts. */
#include "fsck_internal.h"

#include "../base/str.h"
#include "../model/told.h"
#include "../os/os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *look_path(const struct look *l, const char *file)
{
	return *file ? str_format("%s/%s", l->path, file) : strdup(l->path);
}

void look_release(struct look *l)
{
	if (l->opened)
		run_release(&l->run);
	if (l->ended)
		event_release(&l->end);
	problems_release(&l->problems);
	json_decref(l->payloads);
	json_decref(l->messages);
	json_decref(l->told);
	free(l->path);
	memset(l, 0, sizeof *l);
}

/* 1: a folder is there, its path is in *ret (new); 0: none; negative. */
static int find(struct look *l, const char *where, char **ret, struct err *err)
{
	struct state *state = l->fsck->state;
	char *path = state_path(state, where, l->id);
	struct os_stat st;
	int rc = path ? state->os->ops->lstat(state->os, path, &st) : -ENOMEM;

	if (rc == 0 && st.kind == OS_DIRECTORY) {
		*ret = path;
		return 1;
	}
	if (rc == 0)
		problem_add(&l->problems, true, FIX_NONE, NULL,
			    "'%s' is %s where the folder of a run should be; move it away", path,
			    st.kind == OS_LINK ? "a symbolic link" : "no folder");
	else if (rc != -ENOENT)
		rc = err_sys(err, -rc, "cannot stat '%s/%s/%s'", state->path, where, l->id);
	free(path);
	return rc == -ENOENT ? 0 : rc;
}

static int locate(struct look *l, struct err *err)
{
	char *open = NULL, *closed = NULL;
	int rc = find(l, "open", &open, err);

	if (rc >= 0)
		rc = find(l, "closed", &closed, err);
	if (rc >= 0 && !open && !closed)
		rc = find(l, "open", &open, err); /* moved back there meanwhile (reset) */
	if (open && closed)
		problem_add(
			&l->problems, true, FIX_TWICE, NULL,
			"run '%s' is both in open/ and in closed/; move one of the folders away",
			l->id);
	l->closed = !open;
	l->path = open ? open : closed;
	if (open)
		free(closed);
	return rc < 0 ? rc : 0;
}

/* Our own lock is no driver. */
static void find_driver(struct look *l)
{
	struct run run = {.state = l->fsck->state,
			  .id = (char *)(uintptr_t)l->id,
			  .path = l->path,
			  .closed = l->closed,
			  .lock_fd = -1};
	struct err why = ERR_INIT;
	pid_t pid = 0;

	if (run_driver(&run, &pid, &why) < 0)
		problem_add_err(&l->problems, FIX_NONE, "lock", &why);
	l->driven = pid != 0 && pid != getpid();
	if (l->driven)
		problem_add(&l->problems, false, FIX_NONE, NULL,
			    "process %d drives it: only looked at in part", (int)pid);
}

static int look_inside(struct look *l, struct err *err)
{
	struct err why = ERR_INIT;
	int rc;

	find_driver(l);
	rc = look_at_files(l, err);
	if (rc < 0)
		return rc;
	l->opened = run_open(&l->run, l->fsck->state, l->id, &why) == 0;
	if (!l->opened)
		problem_add_err(&l->problems, FIX_RESTORE, "run.json", &why);
	else
		memcpy(l->module, l->run.info.module, sizeof l->module);
	if (l->opened && !(l->told = told_new(l->run.info.options)))
		return err_nomem(err);
	rc = look_at_history(l, err);
	if (rc == 0 && l->opened)
		rc = look_at_small_files(l, err);
	if (rc == 0 && l->sound && !l->driven)
		rc = look_at_told(l, err);
	if (rc == 0 && l->opened)
		rc = look_at_end(l, err);
	return rc == 0 && l->opened ? look_at_module(l, err) : rc;
}

int look_at_module(struct look *l, struct err *err)
{
	const char *what;

	if (l->closed)
		return 0;
	what = fsck_module(l->fsck, l->module);
	if (!what)
		return err_nomem(err);
	if (*what)
		problem_add(
			&l->problems, true, FIX_MODULE, NULL,
			"'%s/modules/%s.so' %s; 'wf resume %s --with MODULE' goes on with other code",
			l->fsck->state->path, l->module, what, l->id);
	return 0;
}

/* Moved or written while we looked, what we saw may have been of two moments. */
static bool is_moved(const struct look *l)
{
	return l->path && !l->closed && access(l->path, F_OK) < 0;
}

static bool is_doubtful(const struct look *l)
{
	for (size_t i = 0; i < l->problems.count; i++)
		if (l->problems.list[i].damage)
			return l->driven;
	return false;
}

int look_at(struct look *l, struct fsck *f, const char *id, struct err *err)
{
	int rc = 0;

	for (int turn = 0; turn < 3; turn++) {
		*l = (struct look){.fsck = f, .id = id, .run.lock_fd = -1};
		l->payloads = json_object();
		l->messages = json_object();
		rc = l->payloads && l->messages ? locate(l, err) : err_nomem(err);
		if (rc == 0 && l->path)
			rc = look_inside(l, err);
		if (rc < 0 || turn == 2 || !(is_moved(l) || is_doubtful(l)))
			break;
		look_release(l);
	}
	if (rc == 0 && f->committer && !l->driven)
		rc = look_at_branch(l, err);
	if (rc == 0 && l->problems.failed)
		rc = err_nomem(err);
	if (rc < 0)
		look_release(l);
	return rc;
}
