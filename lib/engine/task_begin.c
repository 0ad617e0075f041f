/* SPDX-License-Identifier: MIT */
/* Beginning a step or a timer that the workflow asked for. */
#include "task.h"

#include "../core/core.h"
#include "../model/dump.h"
#include "../model/module.h"
#include "../os/os.h"
#include "../store/state.h"
#include "attempt_run.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_secrets.h"
#include "stub.h"
#include "throttle.h"
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int submit(struct task *task, struct err *err)
{
	struct runner *r = task->runner;
	struct buf key = BUF_INIT;
	struct progress p = {.kind = PROGRESS_STEP_STARTED,
			     .cmd = task->cmd,
			     .step = task->step->name,
			     .attempt = task->attempt};
	struct pool_request request = {
		.owner = task,
		.id = task->cmd,
		.step = task->step,
		.module = r->module,
		.attempt = task->attempt,
		.run_id = r->run.id,
		.details = task->details,
		.directory = r->run.info.directory,
		.environment = r->run.info.environment,
	};
	char *base = runner_log_base(r, task->cmd, task->step->name, task->attempt);
	json_t *secrets;
	int rc = runner_secrets(r, &secrets, err);

	if (rc < 0) {
		free(base);
		return rc;
	}
	request.secrets = secrets;
	buf_addf(&key, "%s.%llu.%s", r->run.id, (unsigned long long)task->cmd, r->key_tail);
	request.key = key.data;
	if (task->step->kind == STEP_FUNCTION)
		token_nonce(r->run.info.seed, task->cmd, task->attempt, request.nonce);
	request.log_base = base;
	request.log_is_new = r->log_is_new;
	rc = base && buf_ok(&key) ? pool_submit(r->driver->pool, &request, err) : err_nomem(err);
	if (rc == 0) {
		task->submitted = true;
		r->running++;
		p.log_base = base;
		driver_progress(r->driver, r, &p);
	}
	free(base);
	json_decref(secrets);
	buf_release(&key);
	if (rc == 0 && task->step->total_timeout) {
		task->due = task->asked + task->step->total_timeout;
		rc = task_alarm_on(task, err);
	}
	return rc;
}

int task_start_timer(struct runner *r, const struct command *command, struct err *err)
{
	struct task *task = task_new(r, command);
	struct progress p = {
		.kind = PROGRESS_TIMER_STARTED, .cmd = command->id, .until = command->due};

	if (!task)
		return err_nomem(err);
	task->due = command->due;
	driver_progress(r->driver, r, &p);
	return task_alarm_on(task, err);
}

/* What attempts/ remembers of a step that was being retried when the last driver went. */
static void recall(struct task *task, const json_t *state)
{
	json_t *details = json_object_get(state, "details");

	task->saved = true;
	task->attempt = (int)json_integer_value(json_object_get(state, "attempt"));
	if (task->attempt < 1)
		task->attempt = 1;
	task->due = json_integer_value(json_object_get(state, "due"));
	task->asked = json_integer_value(json_object_get(state, "asked"));
	task->failure = json_incref(json_object_get(state, "failure"));
	task->failures = json_incref(json_object_get(state, "failures"));
	if (details)
		task->details = dump_json(details, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* Promise 3: a step that may run once is recorded before it is dispatched. */
static int begin_once(struct task *task, struct err *err)
{
	struct runner *r = task->runner;
	char cmd[24];
	struct happening *h;
	int rc;

	if (r->driver->stopped_by)
		return 0;
	snprintf(cmd, sizeof cmd, "%llu", (unsigned long long)task->cmd);
	if (json_object_get(r->begun, cmd))
		return task_fail(task, "interrupted",
				 "the driver died during the only attempt that this step may have",
				 err);
	h = runner_happen(r, EVENT_STEP_STARTED, task->cmd);
	if (!h)
		return err_nomem(err);
	core_describe_input(r->core, task->cmd, &h->fields);
	buf_adds(&h->fields, ",\"attempt\":1");
	h->event.body = json_pack("{s:s}", "step", task->step->name);
	rc = h->event.body ? runner_record(r, err) : err_nomem(err);
	if (rc == 0)
		rc = runner_feed(r, err);
	return rc < 0 ? rc : submit(task, err);
}

static int run_inline(struct task *task, struct err *err)
{
	struct runner *r = task->runner;
	struct buf text = BUF_INIT;
	struct buf key = BUF_INIT;
	bool completed, outside = false;
	struct attempt_call call = {.step = r->module->entries[task->step->index].step,
				    .input = task->step->input,
				    .attempt = task->attempt,
				    .run_id = r->run.id,
				    .details = task->details,
				    .cmd = task->cmd,
				    .ret_outside = &outside};
	int64_t began = r->driver->state->os->ops->monotonic(r->driver->state->os), us;
	json_t *secrets;
	int rc = runner_secrets(r, &secrets, err);

	if (rc < 0)
		return rc;
	call.secrets = secrets;

	buf_addf(&key, "%s.%llu.%s", r->run.id, (unsigned long long)task->cmd, r->key_tail);
	call.key = key.data;
	token_nonce(r->run.info.seed, task->cmd, task->attempt, call.nonce);
	completed = attempt_run(&call, &text);
	us = r->driver->state->os->ops->monotonic(r->driver->state->os) - began;
	throttle_leave(task);
	rc = !buf_ok(&text) || !buf_ok(&key) ? err_nomem(err)
	     : outside                       ? task_hand_out(task, err)
	     : completed                     ? task_settle(task, true, text.data, text.len, us, err)
			 : task_attempt_failed(task, text.data, text.len, us, err);
	json_decref(secrets);
	buf_release(&text);
	buf_release(&key);
	return rc;
}

int task_begin(struct task *task, struct err *err)
{
	bool here = task->step->run_inline && task->step->kind == STEP_FUNCTION;

	if (task->runner->driver->stopped_by)
		return 0; /* nothing begins any more; the next driver asks for it again */
	return here ? run_inline(task, err) : submit(task, err);
}

int task_go(struct task *task, struct err *err)
{
	json_t *secrets;
	int rc;

	if (task_past_total(task, runner_now(task->runner)))
		return task_fail_total(task, 0, err);
	rc = runner_secrets(task->runner, &secrets, err);
	if (rc < 0)
		return rc; /* before a step that may run once is recorded */
	json_decref(secrets);
	rc = throttle_enter(task, err);
	if (rc > 0)
		return task->step->at_most_once ? begin_once(task, err) : task_begin(task, err);
	if (rc < 0 || !task->throttled || !task->step->total_timeout)
		return rc;
	task->due = task->asked + task->step->total_timeout;
	return task_alarm_on(task, err);
}

int task_start_step(struct runner *r, const struct command *command, struct err *err)
{
	struct task *task = task_new(r, command);
	char cmd[24];
	json_t *state = NULL;
	const json_t *stub;

	if (!task)
		return err_nomem(err);
	task->step = command->step;
	task->asked = command->asked;
	stub = stub_find(r, task->step->name);
	if (stub)
		return stub_settle(task, stub, err);
	snprintf(cmd, sizeof cmd, "%llu", (unsigned long long)command->id);
	if (r->attempts && json_object_size(r->attempts))
		state = json_object_get(r->attempts, cmd);
	if (state)
		recall(task, state);
	if (json_object_size(r->begun) && task_was_handed_out(task, json_object_get(r->begun, cmd)))
		return task_handed_out(task, json_object_get(r->begun, cmd), state, err);
	if (task->due > runner_now(r) && !task_past_total(task, runner_now(r)))
		return task_alarm_on(task, err);
	return task_go(task, err);
}
