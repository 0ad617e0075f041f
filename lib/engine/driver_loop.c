/* SPDX-License-Identifier: MIT */
/*
 * The loop of a driver. After each poll, a turn: what has happened to each run is recorded, fed to
 * its workflow, and what that asks for is dispatched, until nothing is left to do but to wait.
 */
#include "child.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_inbox.h"
#include "stuck.h"
#include "virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void on_busy(uv_idle_t *handle)
{
	(void)handle;
}

void driver_wake(struct driver *d)
{
	uv_idle_start(&d->busy, on_busy);
}

static bool may_leave(const struct driver *d)
{
	return !d->options.wait ||
	       (d->options.enough && d->options.enough(d->options.progress_arg));
}

/* Whether a family may rest: only all of it together, for each may still tell another something. */
static bool all_idle(const struct driver *d)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->runners[i]->end == DRIVE_NOT_YET && !runner_idle(d->runners[i]))
			return false;
	return true;
}

static bool may_suspend(const struct driver *d, const struct runner *r, bool idle)
{
	if (!may_leave(d))
		return kids_stuck(r);
	return d->families ? idle : runner_idle(r);
}

static bool all_rest(struct driver *d)
{
	bool rest = true, idle = d->families && may_leave(d) && all_idle(d);

	for (size_t i = 0; i < d->count; i++) {
		struct runner *r = d->runners[i];
		if (r->end != DRIVE_NOT_YET)
			continue;
		if (d->stopped_by ? r->running == 0 && r->pending_count == 0
				  : may_suspend(d, r, idle)) {
			if (!d->stopped_by)
				runner_suspend(r);
			else
				r->end = DRIVE_STOPPED;
			continue;
		}
		if (!d->stopped_by)
			runner_say_waiting(r);
		rest = false;
	}
	return rest;
}

/* Children that have ended: their parents are told, and what they held is given back. */
static void reap(struct driver *d)
{
	size_t kept = 0, n;

	for (size_t i = 0; d->families && i < d->count; i++) {
		struct runner *r = d->runners[i];

		if (r->kid && r->end != DRIVE_NOT_YET)
			kid_ended(r->kid);
	}
	n = d->families ? d->count : 0;
	for (size_t i = 0; i < n; i++) {
		struct runner *r = d->runners[i];

		if (r->added && r->end != DRIVE_NOT_YET && r->run.closed)
			runner_close(r);
		else
			d->runners[kept++] = r;
	}
	if (n)
		d->count = kept;
}

static void on_turn(uv_check_t *handle)
{
	struct driver *d = handle->data;
	bool more = false;

	for (size_t i = 0; i < d->count; i++) {
		struct runner *r = d->runners[i];
		struct err err = ERR_INIT;
		if (!d->stopped_by && runner_inbox_take(r, &err) < 0)
			runner_break(r, DRIVE_BROKEN, &err);
		if (r->pending_count && r->end == DRIVE_NOT_YET)
			runner_turn(r);
		more = more || (!d->stopped_by && runner_inbox_due(r));
	}
	reap(d);
	more = more || virtual_advance(d);
	pool_flush(d->pool);
	for (size_t i = 0; i < d->count; i++)
		more = more ||
		       (d->runners[i]->pending_count && d->runners[i]->end == DRIVE_NOT_YET);
	if (!more)
		uv_idle_stop(&d->busy);
	if (all_rest(d))
		uv_stop(&d->loop);
}

static void on_stop_signal(uv_signal_t *handle, int signum)
{
	struct driver *d = handle->data;

	if (d->stopped_by) {
		pool_stop(d->pool, 0);
		return;
	}
	d->stopped_by = signum;
	pool_stop(d->pool, d->options.grace_ms);
	driver_wake(d);
}

static void watch_signals(struct driver *d)
{
	uv_signal_init(&d->loop, &d->on_int);
	uv_signal_init(&d->loop, &d->on_term);
	d->on_int.data = d->on_term.data = d;
	if (!d->options.handle_signals)
		return;
	uv_signal_start(&d->on_int, on_stop_signal, SIGINT);
	uv_signal_start(&d->on_term, on_stop_signal, SIGTERM);
	stuck_install(d->options.grace_ms);
}

static void ear_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_committer(uv_poll_t *handle, int status, int events);

/* Listen to the committer, also to the one that was started in place of a dead one. */
static void listen_to_committer(struct driver *d)
{
	int fd = committer_fd(d->committer);

	if (d->ear && d->ear_fd == fd)
		return;
	if (d->ear)
		uv_close((uv_handle_t *)d->ear, ear_closed);
	d->ear = fd < 0 ? NULL : malloc(sizeof *d->ear);
	d->ear_fd = fd;
	if (!d->ear)
		return;
	if (uv_poll_init(&d->loop, d->ear, fd) < 0) {
		free(d->ear);
		d->ear = NULL;
		return;
	}
	d->ear->data = d;
	uv_poll_start(d->ear, UV_READABLE, on_committer);
}

static void on_committer(uv_poll_t *handle, int status, int events)
{
	struct driver *d = handle->data;

	(void)status;
	(void)events;
	committer_turn(d->committer);
	listen_to_committer(d);
}

/* Before each poll: a descriptor that was closed meanwhile must not be polled, libuv aborts then.
 */
static void on_prepare(uv_prepare_t *handle)
{
	listen_to_committer(handle->data);
}

static void on_tick(uv_timer_t *handle)
{
	struct driver *d = handle->data;
	d->options.tick(d->options.progress_arg);
}

static void start_tick(struct driver *d)
{
	uv_timer_init(&d->loop, &d->tick);
	d->tick.data = d;
	if (d->options.tick && d->options.tick_ms)
		uv_timer_start(&d->tick, on_tick, d->options.tick_ms, d->options.tick_ms);
}

/* libuv aborts the process when it cannot make the pipe that it needs: so whether there is room for
 * all that it opens is seen before. */
int driver_loop_begin(struct driver *d, struct err *err)
{
	int room[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++)
		rc = pipe2(room[i], O_CLOEXEC) < 0 ? -errno : 0;
	for (int i = 0; i < 3; i++)
		if (room[i][0] >= 0) {
			close(room[i][0]);
			close(room[i][1]);
		}
	if (rc == 0)
		rc = uv_loop_init(&d->loop);
	if (rc < 0)
		return err_sys(err, -rc, "cannot start the event loop");
	uv_check_init(&d->loop, &d->turn);
	uv_idle_init(&d->loop, &d->busy);
	d->turn.data = d;
	uv_check_start(&d->turn, on_turn);
	uv_prepare_init(&d->loop, &d->prepare);
	d->prepare.data = d;
	uv_prepare_start(&d->prepare, on_prepare);
	watch_signals(d);
	start_tick(d);
	listen_to_committer(d);
	return 0;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	struct driver *d = arg;

	if (!uv_is_closing(handle))
		uv_close(handle, handle == (uv_handle_t *)d->ear ? ear_closed : NULL);
}

void driver_loop_end(struct driver *d)
{
	uv_walk(&d->loop, close_handle, d);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	uv_loop_close(&d->loop);
}

int driver_loop(struct driver *driver, struct err *err)
{
	for (size_t i = 0; i < driver->count; i++) {
		struct runner *r = driver->runners[i];
		struct err failure = ERR_INIT;
		if (r->end == DRIVE_NOT_YET && runner_serve(r, &failure) < 0)
			runner_break(r, DRIVE_BROKEN, &failure);
	}
	driver_wake(driver);
	if (uv_run(&driver->loop, UV_RUN_DEFAULT) < 0)
		return err_set(err, ERR_SYSTEM, "the event loop failed");
	return 0;
}
