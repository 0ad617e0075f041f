/* SPDX-License-Identifier: MIT */
/* Mending a run, its lock being held. Each step is whole or nothing; what it could not mend, the
 * next look finds again. */
#include "fsck_internal.h"

#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "../store/inbox.h"
#include "../store/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int mend_restore(struct fsck *f, const char *id, json_t *files, const char *into, struct err *err)
{
	json_t *request = json_pack("{s:s, s:s, s:O*, s:b}", "do", "restore", "run", id, "files",
				    files, "only", files != NULL);
	json_t *answer = NULL;
	int rc = request ? 0 : err_nomem(err);

	if (rc == 0 && into && json_object_set_new(request, "into", json_string(into)) < 0)
		rc = err_nomem(err);
	if (rc == 0)
		rc = f->committer ? committer_ask(f->committer, request, &answer, err)
				  : err_set(err, ERR_SYSTEM, "there is no committer");
	if (rc == 0)
		rc = json_array_size(json_object_get(answer, "restored")) > 0;
	json_decref(request);
	json_decref(answer);
	return rc;
}

static int mend_mode(struct look *l, const char *file)
{
	char *path = look_path(l, file);
	struct stat st;

	/* what became a link since is not followed: the folder is ours alone */
	if (path && lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
		chmod(path, st.st_mode & 07777 & ~(mode_t)(S_IWGRP | S_IWOTH));
	free(path);
	return 0;
}

static int mend_modes(struct look *l)
{
	for (size_t i = 0; i < l->problems.count; i++)
		if (l->problems.list[i].fix == FIX_MODE && l->problems.list[i].file)
			mend_mode(l, l->problems.list[i].file);
	return 0;
}

/* Files that are no segments: those named, in one request. */
static int mend_files(struct look *l, enum fix fix, struct err *err)
{
	json_t *files = json_array();
	bool whole = false;
	int rc = files ? 0 : err_nomem(err);

	for (size_t i = 0; rc == 0 && i < l->problems.count; i++) {
		const struct problem *p = &l->problems.list[i];

		if (p->fix == fix && p->file &&
		    json_array_append_new(files, json_string(p->file)) < 0)
			rc = err_nomem(err);
		whole = whole || (p->fix == fix && !p->file);
	}
	if (rc == 0)
		rc = mend_restore(l->fsck, l->id, whole ? NULL : files, NULL, err);
	json_decref(files);
	return rc;
}

static int mend_module(struct look *l, struct err *err)
{
	json_t *files = json_pack("[s]", "module.so");
	int rc = files ? mend_restore(l->fsck, l->id, files, NULL, err) : err_nomem(err);

	json_decref(files);
	json_object_clear(l->fsck->modules);
	return rc;
}

static int mend_tail(struct look *l, struct err *err)
{
	struct history_options options = {.writable = true, .run = l->id};
	struct history *h = NULL;
	struct event event;
	char *dir = look_path(l, "history");
	int rc = dir ? history_open(&h, l->fsck->state->os, dir, &options, err) : err_nomem(err);

	while (rc == 0 && (rc = history_read(h, &event, err)) > 0) {
		event_release(&event);
		rc = 0;
	}
	history_close(h);
	free(dir);
	return rc;
}

/* What the branch does not have is forgotten: its step begins with its first attempt again. */
static int mend_attempts(struct look *l, struct err *err)
{
	struct os *os = l->fsck->state->os;
	struct err ignored = ERR_INIT;
	int rc = 0;

	for (size_t i = 0; rc >= 0 && i < l->problems.count; i++) {
		const struct problem *p = &l->problems.list[i];
		bool attempt = p->fix == FIX_ATTEMPT;
		json_t *files;
		char *path;

		if (!p->file || (!attempt && p->fix != FIX_HALTED))
			continue;
		files = json_pack("[s]", p->file);
		path = look_path(l, p->file);
		rc = files && path ? 0 : err_nomem(err);
		if (rc == 0 &&
		    (!attempt || mend_restore(l->fsck, l->id, files, NULL, &ignored) <= 0))
			rc = os->ops->unlink(os, path);
		if (rc < 0 && rc != -ENOENT && !err->code)
			err_sys(err, -rc, "cannot remove '%s'", path);
		json_decref(files);
		free(path);
	}
	return rc;
}

static int pass_over(void *arg, const char *name, json_t *message)
{
	(void)arg;
	(void)name;
	(void)message;
	return 0;
}

static int mend_commit(struct look *l, int lock_fd, struct err *err)
{
	struct committer *c = l->fsck->committer;
	int rc;

	if (!c || !l->sound || !l->position.seq)
		return 0;
	rc = committer_hold(c, l->id, lock_fd, err);
	if (rc < 0)
		return rc;
	committer_commit(c, l->id, &l->position, "brought up to date by fsck");
	rc = committer_flush(c, err);
	committer_release(c, l->id);
	return rc;
}

/* A mend changes what the next one must know. */
static int again(struct look *l, struct err *err)
{
	struct fsck *f = l->fsck;
	const char *id = l->id;

	look_release(l);
	return look_at(l, f, id, err);
}

struct mending {
	enum fix fix;
	int (*mend)(struct look *l, struct err *err);
};

static int sweep(struct look *l, struct err *err)
{
	struct run run = {.state = l->fsck->state, .path = l->path};

	return sweep_run(&run, true, true, NULL, NULL, err);
}

static int modes(struct look *l, struct err *err)
{
	(void)err;
	return mend_modes(l);
}

static int restore(struct look *l, struct err *err)
{
	return mend_files(l, FIX_RESTORE, err);
}

static int inbox(struct look *l, struct err *err)
{
	return l->opened ? inbox_each(&l->run, pass_over, NULL, err) : 0;
}

static const struct mending mendings[] = {
	{FIX_MODE, modes},         {FIX_TWICE, mend_twice},      {FIX_SWEEP, sweep},
	{FIX_RESTORE, restore},    {FIX_SEGMENT, mend_segments}, {FIX_TAIL, mend_tail},
	{FIX_MODULE, mend_module}, {FIX_ATTEMPT, mend_attempts}, {FIX_HALTED, mend_attempts},
	{FIX_INBOX, inbox},        {FIX_TOLD, mend_told},        {FIX_END, mend_end},
};

int mend_run(struct look *l, int lock_fd, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof mendings / sizeof mendings[0]; i++) {
		struct err failed = ERR_INIT;

		if (!problems_have(&l->problems, mendings[i].fix))
			continue;
		if (mendings[i].mend(l, &failed) < 0 && failed.code == ERR_NOMEM)
			rc = err_nomem(err);
		else if (failed.code == ERR_SYSTEM)
			l->fsck->finding(l->fsck->arg, l->id, "note", failed.text);
		if (rc == 0)
			rc = again(l, err);
	}
	if (rc == 0 && problems_have(&l->problems, FIX_COMMIT)) {
		struct err failed = ERR_INIT;

		if (mend_commit(l, lock_fd, &failed) < 0)
			l->fsck->finding(l->fsck->arg, l->id, "note", failed.text);
		rc = again(l, err);
	}
	return rc;
}
