/* SPDX-License-Identifier: MIT */
/*
 * Promise 5: one driver. The kernel lock on <run>/lock decides; the pid in the file is only told to
 * people, and tells a driver that lives from one that died and whose workers and committer still
 * hold the lock.
 */
#include "run_internal.h"

#include "../base/error.h"
#include "../os/file.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

#define POLL_MIN 1
#define POLL_MAX 20
#define ALIVE_LOOKS 6

static int open_lock(struct run *run, int flags)
{
	char *path = run_path(run, "lock", NULL);
	int fd = path ? run->state->os->ops->open(run->state->os, path, flags | O_NONBLOCK, 0600)
		      : -ENOMEM;

	free(path);
	return fd;
}

static int cannot_lock(const struct run *run, int sys, struct err *err)
{
	return err_sys(err, sys, "cannot lock '%s/lock'", run->path);
}

/* Whether the file that we locked is still the run's: it may have been closed since it was opened.
 */
static int check_place(struct run *run, int fd, struct err *err)
{
	struct os *os = run->state->os;
	struct os_stat ours, there;
	char *path = run_path(run, "lock", NULL),
	     *closed = state_path(run->state, "closed", run->id);
	int rc = path && closed ? os->ops->fstat(os, fd, &ours) : -ENOMEM;

	if (rc == 0)
		rc = os->ops->lstat(os, path, &there);
	if (rc == 0 && ours.inode != there.inode)
		rc = -ENOENT;
	if (rc == -ENOENT && !run->closed && os_exists(os, closed))
		rc = err_set(err, ERR_CLOSED, "run '%s' has ended", run->id);
	else if (rc == -ENOENT)
		rc = err_set(err, ERR_NOT_FOUND, "run '%s' is no longer in '%s'", run->id,
			     run->state->path);
	else if (rc < 0)
		rc = cannot_lock(run, -rc, err);
	free(path);
	free(closed);
	return rc;
}

static int busy(const struct run *run, const struct process_id *holder, bool alive, struct err *err)
{
	if (alive)
		return err_set(err, ERR_BUSY,
			       "run '%s' is driven by process %d; 'wf wait %s' waits for its end",
			       run->id, (int)holder->pid, run->id);
	if (holder->pid)
		return err_set(
			err, ERR_BUSY,
			"run '%s' is still held by what process %d, which is gone, has started",
			run->id, (int)holder->pid);
	return err_set(err, ERR_BUSY, "run '%s' is driven by another process", run->id);
}

/*
 * Wait for the orphans of a dead driver, and for the last commit of one whose run has ended. There
 * is no event to wait for but the lock itself, and a wait for a kernel lock has no time-out; so it
 * is tried at intervals that grow. One that dies seems to live for a moment between taking the
 * signal and leaving: so it must be seen alive ALIVE_LOOKS times, over some 30 ms.
 */
static int take(struct run *run, int fd, int64_t wait_ms, struct err *err)
{
	struct os *os = run->state->os;
	int64_t until = os->ops->monotonic(os) + wait_ms * 1000;
	int interval = POLL_MIN, looks = 0;

	for (;;) {
		struct process_id holder;
		bool alive;
		int rc = os->ops->lock(os, fd, false);

		if (rc != -EAGAIN)
			return rc < 0 ? cannot_lock(run, -rc, err) : 0;
		rc = holder_read(os, fd, &holder);
		if (rc < 0)
			return cannot_lock(run, -rc, err);
		alive = process_alive(&holder);
		looks = alive ? looks + 1 : 0;
		if ((looks >= ALIVE_LOOKS && !run->closed) || os->ops->monotonic(os) >= until)
			return busy(run, &holder, alive, err);
		poll(NULL, 0, interval);
		interval = interval * 2 < POLL_MAX ? interval * 2 : POLL_MAX;
	}
}

/* Promise 1: who made the run may have died before its name was durable, and what we add hangs on
 * that name. */
static int make_lasting(struct run *run, struct err *err)
{
	char *path = state_path(run->state, run->closed ? "closed" : "open", NULL);
	int rc = path ? run_sync(run->state->os, path, err) : err_nomem(err);

	free(path);
	return rc;
}

int run_lock(struct run *run, int64_t wait_ms, struct err *err)
{
	struct os *os = run->state->os;
	struct process_id self;
	int fd, rc;

	if (run->lock_fd >= 0)
		return 0;
	fd = open_lock(run, O_RDWR | O_CREAT);
	if (fd == -ENOENT)
		return err_set(err, ERR_CLOSED, "run '%s' has ended", run->id);
	if (fd < 0)
		return cannot_lock(run, -fd, err);
	rc = take(run, fd, wait_ms, err);
	if (rc == 0)
		rc = check_place(run, fd, err);
	if (rc == 0) {
		self = process_self();
		rc = holder_write(os, fd, &self);
		if (rc < 0)
			rc = cannot_lock(run, -rc, err);
	}
	if (rc == 0)
		rc = make_lasting(run, err);
	if (rc < 0) {
		os->ops->close(os, fd);
		return rc;
	}
	run->lock_fd = fd;
	return 0;
}

void run_unlock(struct run *run)
{
	if (run->lock_fd >= 0)
		run->state->os->ops->close(run->state->os, run->lock_fd);
	run->lock_fd = -1;
}

int run_driver(struct run *run, pid_t *ret_pid, struct err *err)
{
	struct os *os = run->state->os;
	struct process_id holder = {0, 0};
	int fd = open_lock(run, O_RDONLY), rc;

	*ret_pid = 0;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s/lock'", run->path);
	rc = os->ops->lock_query(os, fd);
	if (rc == OS_LOCK_HELD)
		rc = holder_read(os, fd, &holder);
	os->ops->close(os, fd);
	if (rc < 0)
		return err_sys(err, -rc, "cannot read '%s/lock'", run->path);
	*ret_pid = process_alive(&holder) ? holder.pid : 0;
	return 0;
}
