/* SPDX-License-Identifier: MIT */
/* Nothing outside of the state directory is written to: a folder of a run must be one. */
#include "run_internal.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>

static int no_folder(const char *path, enum os_kind kind, struct err *err)
{
	return err_set(err, ERR_DAMAGED, "'%s' is %s where a folder should be; move it away", path,
		       kind == OS_LINK ? "a symbolic link" : "a file");
}

static int check(struct run *run, const char *name, struct err *err)
{
	char *path = run_path(run, name, NULL);
	struct os_stat st;
	int rc = path ? run->state->os->ops->lstat(run->state->os, path, &st) : -ENOMEM;

	if (rc == 0 && st.kind != OS_DIRECTORY)
		rc = no_folder(path, st.kind, err);
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

static int check_log_folder(void *arg, const char *name, enum os_kind kind)
{
	struct logs *logs = arg;
	char *path;
	int rc;

	if (kind == OS_DIRECTORY)
		return 0;
	path = str_format("%s/%s", logs->path, name);
	rc = path ? no_folder(path, kind, logs->err) : err_nomem(logs->err);
	free(path);
	return rc;
}

int run_check_folders(struct run *run, struct err *err)
{
	static const char *const folders[] = {"history", "inbox", "logs", "payloads", "attempts"};
	struct logs logs = {.err = err};
	char *path;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof folders[0]; i++)
		rc = check(run, folders[i], err);
	path = rc == 0 ? run_path(run, "logs", NULL) : NULL;
	if (rc == 0 && !path)
		rc = err_nomem(err);
	logs.path = path;
	if (rc == 0)
		rc = run->state->os->ops->list(run->state->os, path, check_log_folder, &logs);
	if (rc == -ENOENT)
		rc = 0;
	else if (rc < 0 && !err->code)
		rc = err_sys(err, -rc, "cannot read folder '%s'", path);
	free(path);
	return rc;
}
