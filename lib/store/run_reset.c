/* SPDX-License-Identifier: MIT */
#include "run_reset.h"

#include "../base/error.h"
#include "../os/file.h"
#include "../os/os.h"
#include "run_internal.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>

/* 1 or 0; what cannot be looked at is not absent for that: negative. */
static int has(const struct run *run, const char *name, struct err *err)
{
	char *path = run_path(run, name, NULL);
	int rc = path ? os_look(run->state->os, path, err) : err_nomem(err);

	free(path);
	return rc;
}

static int rename_to(struct run *run, const char *from, const char *to, struct err *err)
{
	struct os *os = run->state->os;
	char *old = run_path(run, from, NULL), *new = run_path(run, to, NULL);
	int rc = old && new ? os->ops->rename(os, old, new) : -ENOMEM;

	if (rc < 0)
		rc = err_sys(err, -rc, "cannot rename '%s/%s' to '%s'", run->path, from, to);
	free(old);
	free(new);
	return rc < 0 ? rc : run_sync(os, run->path, err);
}

static int drop_tree(struct run *run, const char *name, struct err *err)
{
	char *path = run_path(run, name, NULL);
	int rc = path ? os_remove_tree(run->state->os, path, err) : err_nomem(err);

	free(path);
	return rc;
}

static int drop_file(struct run *run, const char *name, struct err *err)
{
	struct os *os = run->state->os;
	char *path = run_path(run, name, NULL);
	int rc = path ? os->ops->unlink(os, path) : -ENOMEM;

	free(path);
	return rc < 0 && rc != -ENOENT ? err_sys(err, -rc, "cannot remove '%s/%s'", run->path, name)
				       : 0;
}

/* What belongs to the steps that were left behind goes; history.left, which says that this is not
 * done, goes last. */
static int finish(struct run *run, struct err *err)
{
	int rc = drop_tree(run, "attempts", err);

	if (rc == 0)
		rc = drop_file(run, "result.json", err);
	if (rc == 0)
		rc = drop_file(run, "halted.json", err);
	if (rc == 0)
		rc = run_sync(run->state->os, run->path, err);
	if (rc == 0)
		rc = drop_tree(run, RUN_RESET_LEFT, err);
	return rc < 0 ? rc : run_sync(run->state->os, run->path, err);
}

int run_reset_settle(struct run *run, struct err *err)
{
	int next = has(run, RUN_RESET_NEXT, err), left, now, rc;

	left = next < 0 ? next : has(run, RUN_RESET_LEFT, err);
	if (left < 0 || (!next && !left))
		return left;
	now = has(run, "history", err);
	if (now < 0)
		return now;
	if (!now) {
		rc = rename_to(run, next ? RUN_RESET_NEXT : RUN_RESET_LEFT, "history", err);
		return rc < 0 ? rc : finish(run, err);
	}
	if (!next)
		return finish(run, err);
	rc = drop_tree(run, RUN_RESET_NEXT, err);
	return rc < 0 || !left ? rc : drop_tree(run, RUN_RESET_LEFT, err);
}

static int sync_places(struct run *run, struct err *err)
{
	static const char *const places[] = {"open", "closed"};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof places / sizeof *places; i++) {
		char *path = state_path(run->state, places[i], NULL);

		rc = path ? run_sync(run->state->os, path, err) : err_nomem(err);
		free(path);
	}
	return rc;
}

static int move(struct run *run, bool closed, struct err *err)
{
	struct os *os = run->state->os;
	char *to = state_path(run->state, closed ? "closed" : "open", run->id);
	int rc = to ? os->ops->rename(os, run->path, to) : -ENOMEM;

	if (rc < 0) {
		rc = err_sys(err, -rc, "cannot rename '%s'", run->path);
		free(to);
		return rc;
	}
	free(run->path);
	run->path = to;
	run->closed = closed;
	return sync_places(run, err);
}

int run_reopen(struct run *run, struct err *err)
{
	return run->closed ? move(run, false, err) : 0;
}

int run_put_back(struct run *run, struct err *err)
{
	int rc = run_reset_settle(run, err);

	return rc < 0 || run->closed ? rc : move(run, true, err);
}

int run_reset_swap(struct run *run, struct err *err)
{
	int rc = rename_to(run, "history", RUN_RESET_LEFT, err);

	if (rc == 0)
		rc = rename_to(run, RUN_RESET_NEXT, "history", err);
	return rc < 0 ? rc : finish(run, err);
}
