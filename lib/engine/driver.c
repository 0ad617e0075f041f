/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include "../core/core.h"
#include "../model/module.h"
#include "../os/os.h"
#include "../store/run.h"
#include "child.h"
#include "crash.h"
#include "driver_internal.h"
#include "lookout.h"
#include "module.h"
#include "recall.h"
#include "runner.h"
#include "runner_inbox.h"
#include "runner_secrets.h"
#include "secrets.h"
#include "stuck.h"
#include "task.h"
#include "virtual.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GRACE_MS 5000

int64_t driver_now(const struct driver *d)
{
	return d->state->os->ops->now(d->state->os);
}

void driver_progress(struct driver *d, const struct runner *r, struct progress *progress)
{
	if (!d->options.progress)
		return;
	progress->run_id = r->run.id;
	progress->workflow = r->run.info.workflow;
	d->options.progress(d->options.progress_arg, progress);
}

static void on_busy(uv_idle_t *handle)
{
	(void)handle;
}

void driver_wake(struct driver *d)
{
	uv_idle_start(&d->busy, on_busy);
}

int driver_module(struct driver *d, const char *sha256, const struct module **ret, struct err *err)
{
	struct module **grown, *module;
	struct buf name = BUF_INIT;
	char *path;
	int rc;

	for (size_t i = 0; i < d->module_count; i++)
		if (strcmp(d->modules[i]->sha256, sha256) == 0) {
			*ret = d->modules[i];
			return 0;
		}
	grown = realloc(d->modules, (d->module_count + 1) * sizeof(struct module *));
	if (!grown)
		return err_nomem(err);
	d->modules = grown;
	buf_addf(&name, "%s.so", sha256);
	path = buf_ok(&name) ? state_path(d->state, "modules", name.data) : NULL;
	buf_release(&name);
	rc = path ? module_load_pinned(path, sha256, &module, err) : err_nomem(err);
	free(path);
	if (rc < 0)
		return rc;
	memcpy(module->sha256, sha256, sizeof module->sha256);
	d->modules[d->module_count++] = module;
	pool_renew(d->pool);
	*ret = module;
	return 0;
}

/* ---- the pool's callbacks ---- */

static void on_outcome(void *arg, const struct pool_outcome *outcome)
{
	(void)arg;
	task_outcome(outcome->owner, outcome);
}

static void on_began(void *arg, void *owner, uint64_t id)
{
	(void)arg;
	(void)id;
	task_began(owner);
}

static void on_heartbeat(void *arg, void *owner, uint64_t id, const char *details, size_t len)
{
	(void)arg;
	(void)id;
	task_heartbeat(owner, details, len);
}

/* ---- the loop ---- */

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

static unsigned jobs_of(const struct driver *d)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (d->options.jobs || d->config.jobs)
		return d->options.jobs ? d->options.jobs : d->config.jobs;
	return n < 1 ? 1 : (unsigned)n;
}

static int read_config(struct driver *d, struct err *err)
{
	char *path = state_path(d->state, "config.yaml", NULL);
	int rc = path ? config_read(&d->config, d->state->os, path, err) : err_nomem(err);

	free(path);
	return rc;
}

/* libuv aborts the process when it cannot make the pipe that it needs: so whether there is room for
 * all that it opens is seen before. */
static int begin_loop(struct driver *d)
{
	int room[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++)
		rc = pipe2(room[i], O_CLOEXEC) < 0 ? -errno : 0;
	for (int i = 0; i < 3; i++)
		if (room[i][0] >= 0) {
			close(room[i][0]);
			close(room[i][1]);
		}
	return rc < 0 ? rc : uv_loop_init(&d->loop);
}

int driver_new(struct driver **ret, struct state *state, const struct driver_options *options,
	       struct err *err)
{
	struct driver *d = calloc(1, sizeof *d);
	struct pool_callbacks callbacks = {
		.outcome = on_outcome, .began = on_began, .heartbeat = on_heartbeat, .arg = d};
	struct err ignored = ERR_INIT;
	int rc;

	if (!d)
		return err_nomem(err);
	d->state = state;
	d->options = *options;
	if (!d->options.grace_ms)
		d->options.grace_ms = GRACE_MS;
	rc = read_config(d, err);
	if (rc == 0)
		rc = secrets_new(&d->secrets, state->os, options->secret_read, err);
	if (rc == 0)
		rc = committer_start(&d->committer, state, err);
	if (rc == 0)
		rc = committer_settings(d->committer, err);
	if (rc < 0) {
		committer_finish(d->committer, &ignored);
		secrets_free(d->secrets);
		config_release(&d->config);
		free(d);
		return rc;
	}
	rc = begin_loop(d);
	if (rc < 0) {
		committer_finish(d->committer, &ignored);
		secrets_free(d->secrets);
		config_release(&d->config);
		free(d);
		return err_sys(err, -rc, "cannot start the event loop");
	}
	recall_by(state, d->committer);
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
	rc = pool_new(&d->pool, &d->loop, jobs_of(d), d->config.max_result, &callbacks, err);
	if (rc == 0)
		rc = driver_secrets(d, err);
	if (rc == 0)
		rc = crash_install(d->committer, err);
	if (rc < 0) {
		driver_free(d, &ignored);
		return rc;
	}
	*ret = d;
	return 0;
}

static int add(struct driver *d, const char *run_id, const char *with, struct err *err)
{
	struct runner **grown;
	int rc;

	if (d->count == d->size) {
		size_t size = d->size ? d->size * 2 : 4;
		grown = realloc(d->runners, size * sizeof(struct runner *));
		if (!grown)
			return err_nomem(err);
		d->runners = grown;
		d->size = size;
	}
	rc = runner_open(&d->runners[d->count], d, run_id, with, err);
	if (rc == 0)
		d->count++;
	return rc;
}

struct runner *driver_find(const struct driver *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++)
		if (!d->runners[i]->left && strcmp(d->runners[i]->run.id, id) == 0)
			return d->runners[i];
	return NULL;
}

int driver_add_child(struct driver *d, const char *id, struct runner **ret, struct err *err)
{
	struct runner *r = driver_find(d, id);
	int rc;

	d->families = true;
	if (r && r->end == DRIVE_NOT_YET) {
		*ret = r;
		return 0;
	}
	if (r)
		return err_set(err, r->run.closed ? ERR_CLOSED : ERR_BUSY,
			       "run '%s' was driven here already", id);
	rc = add(d, id, NULL, err);
	if (rc < 0)
		return rc;
	r = d->runners[d->count - 1];
	r->added = true;
	if (r->end == DRIVE_NOT_YET)
		rc = runner_serve(r, err);
	if (rc < 0)
		runner_break(r, DRIVE_BROKEN, err);
	err_clear(err);
	driver_wake(d);
	*ret = r;
	return 0;
}

int driver_add(struct driver *driver, const char *run_id, struct err *err)
{
	return add(driver, run_id, NULL, err);
}

int driver_add_with(struct driver *driver, const char *run_id, const char *module_file,
		    struct err *err)
{
	return add(driver, run_id, module_file, err);
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

enum drive_end driver_end(const struct driver *driver, const char *run_id,
			  const json_t **ret_detail)
{
	for (size_t i = 0; i < driver->count; i++) {
		struct runner *r = driver->runners[i];
		if (strcmp(r->run.id, run_id) != 0)
			continue;
		if (ret_detail)
			*ret_detail = r->detail;
		return r->end;
	}
	return DRIVE_NOT_YET;
}

int driver_stopped_by(const struct driver *driver)
{
	return driver->stopped_by;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	struct driver *d = arg;

	if (!uv_is_closing(handle))
		uv_close(handle, handle == (uv_handle_t *)d->ear ? ear_closed : NULL);
}

int driver_free(struct driver *driver, struct err *err)
{
	int rc;

	if (!driver)
		return 0;
	if (driver->options.handle_signals)
		stuck_uninstall();
	crash_uninstall();
	rc = committer_flush(driver->committer, err);
	for (size_t i = 0; i < driver->count; i++)
		runner_close(driver->runners[i]);
	free(driver->runners);
	pool_free(driver->pool);
	lookout_close(driver);
	uv_walk(&driver->loop, close_handle, driver);
	uv_run(&driver->loop, UV_RUN_DEFAULT);
	uv_loop_close(&driver->loop);
	for (size_t i = 0; i < driver->module_count; i++)
		module_free(driver->modules[i]);
	free(driver->modules);
	recall_enable(driver->state);
	if (committer_finish(driver->committer, err) < 0)
		rc = -err->code;
	secrets_free(driver->secrets);
	config_release(&driver->config);
	free(driver);
	return rc;
}
