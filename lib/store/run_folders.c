/* SPDX-License-Identifier: MIT */
/* Nothing outside of the state directory is written to: a folder of a run must be one. */
#include "run_internal.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *name_kind(enum os_kind kind)
{
	return kind == OS_LINK        ? "a symbolic link"
	       : kind == OS_FILE      ? "a file"
	       : kind == OS_DIRECTORY ? "a folder"
				      : "a pipe or device";
}

static int misplaced(const char *path, enum os_kind kind, enum os_kind want, struct err *err)
{
	return err_set(err, ERR_DAMAGED, "'%s' is %s where %s should be; move it away", path,
		       name_kind(kind), name_kind(want));
}

static int check(struct run *run, const char *name, enum os_kind want, struct err *err)
{
	char *path = run_path(run, name, NULL);
	struct os_stat st;
	int rc = path ? run->state->os->ops->lstat(run->state->os, path, &st) : -ENOMEM;

	if (rc == 0 && st.kind != want)
		rc = misplaced(path, st.kind, want, err);
	else if (rc == -ENOENT)
		rc = 0;
	else if (rc < 0)
		rc = err_sys(err, -rc, "cannot stat '%s/%s'", run->path, name);
	free(path);
	return rc;
}

struct logs {
	const char *path;
	struct err *err;
};

/* Folders of the output of steps, and one file of what the workflow has said. */
static int check_in_logs(void *arg, const char *name, enum os_kind kind)
{
	enum os_kind want = strcmp(name, "workflow.log") == 0 ? OS_FILE : OS_DIRECTORY;
	struct logs *logs = arg;
	char *path;
	int rc;

	if (kind == want)
		return 0;
	path = str_format("%s/%s", logs->path, name);
	rc = path ? misplaced(path, kind, want, logs->err) : err_nomem(logs->err);
	free(path);
	return rc;
}

int run_check_folders(struct run *run, struct err *err)
{
	static const char *const folders[] = {"history",  "inbox",    "logs",
					      "payloads", "attempts", "replies"};
	struct logs logs = {.err = err};
	char *path;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof folders[0]; i++)
		rc = check(run, folders[i], OS_DIRECTORY, err);
	if (rc == 0)
		rc = check(run, "inbox.lock", OS_FILE, err);
	path = rc == 0 ? run_path(run, "logs", NULL) : NULL;
	if (rc == 0 && !path)
		rc = err_nomem(err);
	logs.path = path;
	if (rc == 0)
		rc = run->state->os->ops->list(run->state->os, path, check_in_logs, &logs);
	if (rc == -ENOENT)
		rc = 0;
	else if (rc < 0 && !err->code)
		rc = err_sys(err, -rc, "cannot read folder '%s'", path);
	free(path);
	return rc;
}
