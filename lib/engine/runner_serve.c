/* SPDX-License-Identifier: MIT */
/* Serving what the workflow asks for: the table of command kinds. */
#include "runner.h"

#include "../base/mask.h"
#include "child.h"
#include "crash.h"
#include "driver_internal.h"
#include "runner_locks.h"
#include "runner_secrets.h"
#include "runner_told.h"
#include "secrets.h"
#include "serve_mail.h"
#include "task.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int serve_cancel(struct runner *r, const struct command *command, struct err *err)
{
	struct task *task = task_find(r, command->target);

	runner_lock_cancel(r, command->target);

	return task ? task_cancel(task, err) : kid_cancel(r, command->target, err);
}

static int serve_side_effect(struct runner *r, const struct command *command, struct err *err)
{
	json_t *value;
	struct happening *h;
	int rc;

	crash_guard(r->run.path, r->run.id);
	value = core_side_effect(r->core, command->id);
	crash_guard(NULL, NULL);
	rc = runner_mask(r, &value, err);
	h = value && rc == 0 ? runner_happen(r, EVENT_SIDE_EFFECT, command->id) : NULL;
	rc = h ? runner_put_json(r, &h->fields, "value", value, err) : err_nomem(err);

	if (rc == 0 && !(h->event.body = json_pack("{s:O}", "value", value)))
		rc = err_nomem(err);
	json_decref(value);
	return rc;
}

/* logs/workflow.log, and its folder with the first line. A descriptor, or -1. */
static int open_log(const struct runner *r)
{
	const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
	struct buf folder = BUF_INIT, path = BUF_INIT;
	int fd = -1;

	buf_addf(&folder, "%s/logs", r->run.path);
	buf_addf(&path, "%s/logs/workflow.log", r->run.path);
	if (buf_ok(&folder) && buf_ok(&path)) {
		fd = open(path.data, flags, 0600);
		if (fd < 0 && errno == ENOENT && mkdir(folder.data, 0700) == 0)
			fd = open(path.data, flags, 0600);
	}
	buf_release(&folder);
	buf_release(&path);
	return fd;
}

/* A line of the log; losing one to a full disk does not stop the run. */
static int serve_log(struct runner *r, const struct command *command, struct err *err)
{
	struct progress p = {.kind = PROGRESS_LOG};
	struct buf line = BUF_INIT;
	size_t at;
	int fd;

	buf_addf(&line, "%lld ", (long long)runner_now(r));
	at = line.len;
	mask_part(secrets_mask(r->driver->secrets), command->text, strlen(command->text), true,
		  &line);
	buf_addc(&line, '\n');
	if (!buf_ok(&line)) {
		buf_release(&line);
		return err_nomem(err);
	}
	fd = open_log(r);
	if (fd >= 0) {
		(void)!write(fd, line.data, line.len);
		close(fd);
	}
	line.data[line.len - 1] = '\0';
	p.text = line.data + at;
	driver_progress(r->driver, r, &p);
	buf_release(&line);
	return 0;
}

typedef int serve_fn(struct runner *r, const struct command *command, struct err *err);

static serve_fn *const serve[] = {
	[COMMAND_STEP] = task_start_step,
	[COMMAND_TIMER] = task_start_timer,
	[COMMAND_CANCEL] = serve_cancel,
	[COMMAND_SIDE_EFFECT] = serve_side_effect,
	[COMMAND_LOG] = serve_log,
	[COMMAND_TELL] = runner_tell,
	[COMMAND_ACQUIRE] = runner_acquire,
	[COMMAND_LET_GO] = runner_let_go,
	[COMMAND_MARKER] = runner_serve_marker,
	[COMMAND_SIGNAL] = serve_signal,
	[COMMAND_UPDATE] = serve_update,
	[COMMAND_CHILD] = kid_start,
};

int runner_serve(struct runner *r, struct err *err)
{
	const struct command *command;
	int rc = 0;

	if (r->gate && core_status(r->core) == CORE_RUNNING)
		return 0;
	while (rc == 0 && (command = core_next(r->core)))
		rc = serve[command->kind](r, command, err);
	return rc;
}
