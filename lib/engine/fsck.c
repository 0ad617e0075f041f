/* SPDX-License-Identifier: MIT */
#include "fsck_internal.h"

#include "../os/file.h"
#include "recall.h"

#include <stdlib.h>
#include <string.h>

#define ORPHAN_WAIT_MS 15000

/* The lock is another run's thing than the look: the folder may move between. -1: not to be had. */
static int take_lock(struct look *l, struct run *hold)
{
	struct err why = ERR_INIT;

	*hold = (struct run){.state = l->fsck->state, .closed = l->closed, .lock_fd = -1};
	if (!l->path || l->driven)
		return -1;
	hold->id = strdup(l->id);
	hold->path = strdup(l->path);
	if (!hold->id || !hold->path || run_lock(hold, ORPHAN_WAIT_MS, &why) < 0) {
		if (why.code && why.code != ERR_BUSY)
			l->fsck->finding(l->fsck->arg, l->id, "note", why.text);
		return -1;
	}
	return 0;
}

/* All files are gone: from the branch, then as any other. */
static int revive(struct look *l, struct err *err)
{
	struct fsck *f = l->fsck;
	const char *id = l->id;
	struct err why = ERR_INIT;

	if (mend_restore(f, id, NULL, NULL, &why) < 0)
		return why.code == ERR_NOMEM ? err_nomem(err) : 0;
	look_release(l);
	return look_at(l, f, id, err);
}

static bool has_fix(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		if (problems->list[i].fix != FIX_NONE)
			return true;
	return false;
}

/* Look again under the lock: what was seen before may be another's work. */
static int mend(struct look *l, struct err *err)
{
	struct fsck *f = l->fsck;
	const char *id = l->id;
	struct run hold = {.lock_fd = -1};
	int rc = 0;

	if (!l->path)
		rc = revive(l, err);
	if (rc == 0 && take_lock(l, &hold) == 0) {
		look_release(l);
		rc = look_at(l, f, id, err);
		if (rc == 0)
			rc = mend_run(l, hold.lock_fd, err);
	}
	run_release(&hold);
	return rc;
}

static int check_one(struct fsck *f, const char *id, bool named, struct err *err)
{
	struct look l;
	struct problems before;
	int rc = look_at(&l, f, id, err);

	if (rc < 0)
		return rc;
	if (named && !l.path && !l.problems.count) {
		look_release(&l);
		return run_unknown(f->state, id, err);
	}
	before = l.problems;
	if (!f->repair || !has_fix(&before)) {
		problems_report(f, id, &before, &before);
		look_release(&l);
		return 0;
	}
	l.problems = (struct problems){NULL, 0, 0, false};
	rc = mend(&l, err);
	if (rc == 0)
		problems_report(f, id, &before, &l.problems);
	look_release(&l);
	problems_release(&before);
	return rc;
}

static int add_id(void *arg, const char *id, bool closed)
{
	(void)closed;
	return json_object_set_new(arg, id, json_true()) < 0 ? -ERR_NOMEM : 0;
}

/* Runs that only a branch has. */
static int add_branches(struct fsck *f, json_t *ids, struct err *err)
{
	struct err why = ERR_INIT;
	json_t *request = json_pack("{s:s}", "do", "list"), *answer = NULL, *id;
	size_t i;
	int rc = request ? committer_ask(f->committer, request, &answer, &why) : err_nomem(&why);

	json_decref(request);
	if (rc < 0 && why.code == ERR_NOMEM)
		return err_nomem(err);
	if (rc < 0) {
		fsck_lost_committer(f, &why);
		return 0;
	}
	rc = 0;
	json_array_foreach (json_object_get(answer, "branches"), i, id)
		if (rc == 0 && json_is_string(id))
			rc = add_id(ids, json_string_value(id), false) < 0 ? err_nomem(err) : 0;
	json_decref(answer);
	return rc;
}

static int check_all(struct fsck *f, struct err *err)
{
	json_t *ids = json_object(), *value;
	const char *id;
	int rc = ids ? state_each_run(f->state, true, true, add_id, ids, err) : err_nomem(err);

	if (rc < 0 && !err->code)
		rc = err_nomem(err);
	if (rc == 0 && f->committer)
		rc = add_branches(f, ids, err);
	json_object_foreach (ids, id, value)
		if (rc == 0)
			rc = check_one(f, id, false, err);
	json_decref(ids);
	return rc == 0 ? fsck_shared(f, err) : rc;
}

/* To look must not make a repository. */
static void start_committer(struct fsck *f)
{
	struct err why = ERR_INIT;
	char *git = state_path(f->state, ".git", NULL);
	bool there = git && os_exists(f->state->os, git);

	free(git);
	if (!there && !f->repair) {
		f->finding(f->arg, "", "note", "there is no repository .git; a repair makes it");
		return;
	}
	if (committer_start(&f->committer, f->state, &why) == 0)
		return;
	f->committer = NULL;
	f->finding(f->arg, "", "damage", why.text);
	f->left++;
}

int fsck_run(struct state *state, const char *const *ids, size_t n, bool repair,
	     fsck_finding_fn *finding, void *arg, struct err *err)
{
	struct fsck f = {.state = state, .repair = repair, .finding = finding, .arg = arg};
	struct err why = ERR_INIT;
	int rc = 0;

	for (size_t i = 0; i < n; i++)
		if (run_check_id(ids[i], err) < 0)
			return -err->code;
	f.modules = json_object();
	if (!f.modules)
		return err_nomem(err);
	recall_disable(state); /* what is missing is to be seen */
	start_committer(&f);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = check_one(&f, ids[i], true, err);
	if (rc == 0 && n == 0)
		rc = check_all(&f, err);
	if (committer_finish(f.committer, &why) < 0 && rc == 0) {
		finding(arg, "", "damage", why.text);
		f.left++;
	}
	json_decref(f.modules);
	return rc < 0 ? rc : f.left;
}
