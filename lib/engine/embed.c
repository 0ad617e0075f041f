/* SPDX-License-Identifier: MIT */
/* wf-engine.h over the driver. In libwf alone. */
#include "../wf-engine.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../model/message.h"
#include "../os/os.h"
#include "../store/inbox.h"
#include "../store/run.h"
#include "../store/state.h"
#include "driver.h"
#include "module.h"
#include "recall.h"
#include "run_plan.h"
#include "secrets_guard.h"
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)WF_ENGINE_SECRET == (int)ERR_SECRET, "codes are those of errors");

/* The numbers of the public header are for ever; those of the driver are not. */
static const wf_progress_kind kinds[] = {
	[PROGRESS_RUN_STARTED] = WF_PROGRESS_RUN_STARTED,
	[PROGRESS_STEP_STARTED] = WF_PROGRESS_STEP_STARTED,
	[PROGRESS_STEP_BEGAN] = WF_PROGRESS_STEP_BEGAN,
	[PROGRESS_STEP_RETRY] = WF_PROGRESS_STEP_RETRY,
	[PROGRESS_STEP_COMPLETED] = WF_PROGRESS_STEP_COMPLETED,
	[PROGRESS_STEP_FAILED] = WF_PROGRESS_STEP_FAILED,
	[PROGRESS_HEARTBEAT] = WF_PROGRESS_HEARTBEAT,
	[PROGRESS_TIMER_STARTED] = WF_PROGRESS_TIMER_STARTED,
	[PROGRESS_TIMER_FIRED] = WF_PROGRESS_TIMER_FIRED,
	[PROGRESS_SIGNAL] = WF_PROGRESS_SIGNAL,
	[PROGRESS_WAITING] = WF_PROGRESS_WAITING,
	[PROGRESS_LOG] = WF_PROGRESS_LOG,
	[PROGRESS_UPDATE] = WF_PROGRESS_UPDATE,
	[PROGRESS_RUN_ENDED] = WF_PROGRESS_RUN_ENDED,
};

static const wf_run_end ends[] = {
	[DRIVE_NOT_YET] = WF_RUN_NOT_YET,       [DRIVE_COMPLETED] = WF_RUN_COMPLETED,
	[DRIVE_FAILED] = WF_RUN_FAILED,         [DRIVE_CANCELLED] = WF_RUN_CANCELLED,
	[DRIVE_TERMINATED] = WF_RUN_TERMINATED, [DRIVE_SUSPENDED] = WF_RUN_SUSPENDED,
	[DRIVE_HALTED] = WF_RUN_HALTED,         [DRIVE_BROKEN] = WF_RUN_BROKEN,
	[DRIVE_STOPPED] = WF_RUN_STOPPED,
};

struct wf_engine {
	struct state state;
	struct driver *driver;
	wf_engine_options options;
	char **ids; /* of runs that were started here */
	size_t count;
	struct module **modules; /* that runs were started from */
	size_t module_count;
};

static int tell(const struct err *err, wf_engine_error *error)
{
	if (error) {
		error->code = err->code;
		snprintf(error->text, sizeof error->text, "%s", err->text);
	}
	return -err->code;
}

static void on_progress(void *arg, const struct progress *p)
{
	wf_engine *engine = arg;
	wf_progress progress = {.size = sizeof progress,
				.kind = kinds[p->kind],
				.end = ends[p->end],
				.run = p->run_id,
				.workflow = p->workflow,
				.command = p->cmd,
				.step = p->step,
				.attempt = p->attempt,
				.us = p->us,
				.until = p->until,
				.wait_ms = p->wait_ms,
				.text = p->text,
				.detail = p->detail};

	engine->options.progress(engine->options.progress_arg, &progress);
}

static int open_driver(wf_engine *engine, struct err *err)
{
	const wf_engine_options *o = &engine->options;
	struct driver_options options = {.jobs = o->jobs,
					 .wait = o->wait,
					 .handle_signals = o->handle_signals,
					 .grace_ms = o->grace_ms,
					 .progress = o->progress ? on_progress : NULL,
					 .progress_arg = engine};
	char *path = state_find(o->state, err);
	int rc = path ? state_open(&engine->state, os_system(), path, o->create, err) : -err->code;

	free(path);
	if (rc == 0)
		recall_enable(&engine->state);
	return rc < 0 ? rc : driver_new(&engine->driver, &engine->state, &options, err);
}

/* As much of the caller's struct as both know. */
static void take_options(void *ret, size_t size, const void *options)
{
	size_t given = *(const size_t *)options;

	memcpy(ret, options, given < size ? given : size);
}

int wf_engine_open(wf_engine **ret, const wf_engine_options *options, wf_engine_error *error)
{
	wf_engine *engine = calloc(1, sizeof *engine);
	struct err err = ERR_INIT;

	if (!engine) {
		err_nomem(&err);
		return tell(&err, error);
	}
	take_options(&engine->options, sizeof engine->options, options);
	if (open_driver(engine, &err) < 0) {
		wf_engine_close(engine, NULL);
		return tell(&err, error);
	}
	*ret = engine;
	return 0;
}

/* What wf run keeps for the commands of a run. New. */
static json_t *kept_environment(void)
{
	static const char *const names[] = {"PATH",  "HOME",   "LANG",   "TZ",       "USER",
					    "SHELL", "TMPDIR", "LC_ALL", "LC_CTYPE", "LC_MESSAGES"};
	json_t *kept = json_object();

	for (size_t i = 0; kept && i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && json_object_set_new(kept, names[i], json_string(value)) < 0) {
			json_decref(kept);
			return NULL;
		}
	}
	return kept;
}

/* Find, compile and load what is named; the module is kept, for it is never unloaded. */
static int load(wf_engine *engine, const char *named, char **ret_file, char **ret_so,
		int *ret_workflow, struct err *err)
{
	struct module **grown = realloc(engine->modules,
					(engine->module_count + 1) * sizeof(struct module *));
	char *workflow = NULL;
	int rc = grown ? module_locate(named, ret_file, &workflow, err) : err_nomem(err);

	if (grown)
		engine->modules = grown;
	if (rc == 0 && str_ends(*ret_file, ".c"))
		rc = module_compile(&engine->state, *ret_file, ret_so, err);
	else if (rc == 0 && !(*ret_so = strdup(*ret_file)))
		rc = err_nomem(err);
	if (rc == 0)
		rc = module_load_made(*ret_so, *ret_file, &engine->modules[engine->module_count],
				      err);
	if (rc == 0)
		rc = module_workflow(engine->modules[engine->module_count++], *ret_file, workflow,
				     ret_workflow, err);
	free(workflow);
	return rc;
}

/* ret_id: new. */
static int make(wf_engine *engine, const wf_run_options *o, char **ret_id, struct err *err)
{
	char *file = NULL, *so = NULL;
	json_t *options = o->virtual_time ? json_pack("{s:b}", "virtual_time", 1) : NULL;
	json_t *environment = o->environment ? json_incref(o->environment) : kept_environment();
	struct run_plan plan = {.id = o->id,
				.directory = o->directory,
				.input = o->input,
				.environment = environment,
				.options = options};
	int rc = environment && (options || !o->virtual_time) ? 0 : err_nomem(err);

	if (rc == 0)
		rc = load(engine, o->workflow, &file, &so, &plan.workflow, err);
	if (rc == 0) {
		plan.module = engine->modules[engine->module_count - 1];
		plan.file = so;
		plan.named = file;
		rc = run_plan_make(&plan, &engine->state, ret_id, err);
	}
	json_decref(environment);
	json_decref(options);
	free(file);
	free(so);
	return rc;
}

int wf_engine_start(wf_engine *engine, const wf_run_options *options, const char **ret_id,
		    wf_engine_error *error)
{
	wf_run_options o = {0};
	struct err err = ERR_INIT;
	char **grown = realloc(engine->ids, (engine->count + 1) * sizeof *grown), *id = NULL;
	int rc = 0;

	if (grown)
		engine->ids = grown;
	else
		rc = err_nomem(&err);
	take_options(&o, sizeof o, options);
	if (rc == 0 && !o.workflow)
		rc = err_set(&err, ERR_USAGE, "no workflow is named");
	if (rc == 0 && o.id)
		rc = run_check_id(o.id, &err);
	if (rc == 0)
		rc = make(engine, &o, &id, &err);
	if (rc == 0)
		rc = driver_add(engine->driver, id, &err);
	if (rc < 0) {
		free(id);
		return tell(&err, error);
	}
	engine->ids[engine->count++] = id;
	if (ret_id)
		*ret_id = id;
	return 0;
}

int wf_engine_resume(wf_engine *engine, const char *id, wf_engine_error *error)
{
	struct err err = ERR_INIT;

	if (run_check_id(id, &err) < 0 || driver_add(engine->driver, id, &err) < 0)
		return tell(&err, error);
	return 0;
}

int wf_engine_drive(wf_engine *engine, wf_engine_error *error)
{
	struct err err = ERR_INIT;
	bool more = false;

	if (driver_turn(engine->driver, &more, &err) < 0 ||
	    (more && driver_loop(engine->driver, &err) < 0))
		return tell(&err, error);
	return 0;
}

int wf_engine_fd(const wf_engine *engine)
{
	return driver_fd(engine->driver);
}

int wf_engine_timeout(const wf_engine *engine)
{
	return driver_timeout(engine->driver);
}

int wf_engine_turn(wf_engine *engine, bool *ret_more, wf_engine_error *error)
{
	struct err err = ERR_INIT;

	return driver_turn(engine->driver, ret_more, &err) < 0 ? tell(&err, error) : 0;
}

wf_run_end wf_engine_end(const wf_engine *engine, const char *id, const json_t **ret_detail)
{
	return ends[driver_end(engine->driver, id, ret_detail)];
}

int wf_engine_status(wf_engine *engine, const char *id, json_t **ret, wf_engine_error *error)
{
	struct err err = ERR_INIT;
	struct run_summary summary;
	json_t *object;

	if (run_check_id(id, &err) < 0 ||
	    run_summarize(&summary, &engine->state, id, false, &err) < 0)
		return tell(&err, error);
	object = run_summary_json(&summary);
	run_summary_release(&summary);
	if (!object) {
		err_nomem(&err);
		return tell(&err, error);
	}
	*ret = object;
	return 0;
}

int wf_engine_signal(wf_engine *engine, const char *id, const char *name, json_t *payload,
		     wf_engine_error *error)
{
	struct err err = ERR_INIT;
	struct run run;
	json_t *message;
	const char *problem = message_name_problem(name);
	int rc = run_check_id(id, &err);

	if (problem)
		rc = err_set(&err, ERR_USAGE, "this cannot be the name of a signal: it %s",
			     problem);
	if (rc == 0)
		rc = run_open(&run, &engine->state, id, &err);
	if (rc < 0)
		return tell(&err, error);
	message = json_pack("{s:s, s:s, s:O?}", "kind", "signal", "name", name, "payload", payload);
	rc = message ? guarded_put(&run, message, NULL, &err) : err_nomem(&err);
	json_decref(message);
	run_release(&run);
	return rc < 0 ? tell(&err, error) : 0;
}

int wf_engine_close(wf_engine *engine, wf_engine_error *error)
{
	struct err err = ERR_INIT;
	int rc;

	if (!engine)
		return 0;
	rc = driver_free(engine->driver, &err);
	for (size_t i = 0; i < engine->module_count; i++)
		module_free(engine->modules[i]);
	free(engine->modules);
	for (size_t i = 0; i < engine->count; i++)
		free(engine->ids[i]);
	free(engine->ids);
	if (engine->state.path)
		state_release(&engine->state);
	free(engine);
	return rc < 0 ? tell(&err, error) : 0;
}
