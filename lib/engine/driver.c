/* SPDX-License-Identifier: MIT */
#include "driver.h"

#include "../model/module.h"
#include "../os/os.h"
#include "../store/run.h"
#include "crash.h"
#include "driver_internal.h"
#include "lookout.h"
#include "module.h"
#include "recall.h"
#include "runner.h"
#include "runner_secrets.h"
#include "secrets.h"
#include "stuck.h"
#include "task.h"

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
	if (rc == 0)
		rc = driver_loop_begin(d, err);
	if (rc < 0) {
		committer_finish(d->committer, &ignored);
		secrets_free(d->secrets);
		config_release(&d->config);
		free(d);
		return rc;
	}
	recall_by(state, d->committer);
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

/* The committer and we end side by side. */
int driver_free(struct driver *driver, struct err *err)
{
	int rc;

	if (!driver)
		return 0;
	if (driver->options.handle_signals)
		stuck_uninstall();
	crash_uninstall();
	committer_hurry(driver->committer);
	for (size_t i = 0; i < driver->count; i++)
		runner_close(driver->runners[i]);
	free(driver->runners);
	pool_free(driver->pool);
	lookout_close(driver);
	driver_loop_end(driver);
	for (size_t i = 0; i < driver->module_count; i++)
		module_free(driver->modules[i]);
	free(driver->modules);
	recall_enable(driver->state);
	rc = committer_finish(driver->committer, err);
	secrets_free(driver->secrets);
	config_release(&driver->config);
	free(driver);
	return rc;
}
