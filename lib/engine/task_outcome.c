/* SPDX-License-Identifier: MIT */
/* An attempt has come to its end: record the outcome, or wait and try again. */
#include "task.h"

#include "../base/mask.h"
#include "../core/core.h"
#include "../model/dump.h"
#include "../model/duration.h"
#include "../os/os.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_secrets.h"
#include "secrets.h"
#include "throttle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DETAILS_EVERY_US 100000
#define FAILURES_MOST 10

static void note_outcome(struct task *task, struct happening *h, const char *how, int64_t us)
{
	char took[32];
	struct buf note = BUF_INIT;

	buf_addf(&note, "%s: %s", task->step->name, how);
	if (task->stubbed)
		buf_adds(&note, " (stub)");
	else if (task->attempt > 1)
		buf_addf(&note, " (attempt %d, %s)", task->attempt,
			 duration_format(us / 1000, took, sizeof took));
	else
		buf_addf(&note, " (%s)", duration_format(us / 1000, took, sizeof took));
	h->note = buf_detach(&note);
}

int task_settle(struct task *task, bool completed, const char *text, size_t len, int64_t us,
		struct err *err)
{
	struct runner *r = task->runner;
	struct happening *h = runner_happen(r, completed ? EVENT_STEP_COMPLETED : EVENT_STEP_FAILED,
					    task->cmd);
	const char *member = completed ? "result" : "error";
	json_t *value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL), *raw = value;
	int rc;

	if (!h || !value || runner_mask(r, &value, err) < 0) {
		json_decref(value);
		return err_nomem(err);
	}
	task->settled = true;
	task_alarm_off(task);
	core_describe_input(r->core, task->cmd, &h->fields);
	buf_addf(&h->fields, ",\"attempt\":%d,%s\"us\":", task->attempt,
		 task->stubbed ? "\"stub\":true," : "");
	buf_addi(&h->fields, us);
	buf_addc(&h->fields, ',');
	h->task = task;
	h->us = us;
	rc = value == raw ? runner_put_value(r, &h->fields, member, text, len, err)
			  : runner_put_json(r, &h->fields, member, value, err);
	if (rc == 0) {
		note_outcome(task, h, completed ? "completed" : "failed", us);
		h->event.body = completed ? json_object()
					  : json_pack("{s:s, s:i}", "step", task->step->name,
						      "attempt", task->attempt);
		if (!h->event.body || json_object_set(h->event.body, member, value) < 0)
			rc = err_nomem(err);
	}
	json_decref(value);
	return rc;
}

static int settle_failure(struct task *task, json_t *failure, int64_t us, struct err *err)
{
	char *text = dump_json(failure, JSON_COMPACT);
	int rc = text ? task_settle(task, false, text, strlen(text), us, err) : err_nomem(err);

	free(text);
	return rc;
}

int task_fail(struct task *task, const char *type, const char *message, struct err *err)
{
	json_t *failure = json_pack("{s:s, s:s}", "type", type, "message", message);
	int rc = failure ? settle_failure(task, failure, 0, err) : err_nomem(err);

	json_decref(failure);
	return rc;
}

int task_fail_total(struct task *task, int64_t us, struct err *err)
{
	char limit[60], message[100];
	json_t *failure;
	int rc;

	duration_format(task->step->total_timeout, limit, sizeof limit);
	snprintf(message, sizeof message, "no success within %s", limit);
	failure = json_pack("{s:s, s:s, s:{s:s}, s:O*}", "type", "timeout", "message", message,
			    "details", "timeout", "schedule-to-close", "cause", task->failure);
	rc = failure ? settle_failure(task, failure, us, err) : err_nomem(err);
	json_decref(failure);
	return rc;
}

/* When it may begin again: an attempt that runs, or waits for its turn, does so at once should this
 * driver die, whatever its alarm is for. */
static int64_t due_of(const struct task *task)
{
	return task->submitted || throttle_delays(task) ? 0 : task->due;
}

int task_save(struct task *task, bool durable, struct err *err)
{
	json_t *state = json_pack("{s:i, s:I, s:I, s:O?, s:O*, s:o*}", "attempt", task->attempt,
				  "asked", (json_int_t)task->asked, "due", (json_int_t)due_of(task),
				  "failure", task->failure, "failures", task->failures, "waits",
				  throttle_waits_json(task));
	json_t *details = task->details ? json_loads(task->details, JSON_DECODE_ANY, NULL) : NULL;
	int rc = state ? 0 : err_nomem(err);

	if (rc == 0 && details)
		json_object_set(state, "details", details);
	if (rc == 0 && task->outside)
		json_object_set_new(state, "beat", json_integer(task->beat));
	if (rc == 0)
		rc = run_set_attempt(&task->runner->run, task->cmd, state, durable, err);
	task->saved = true;
	json_decref(details);
	json_decref(state);
	return rc;
}

bool task_past_total(const struct task *task, int64_t at)
{
	return task->step->total_timeout && at - task->asked >= task->step->total_timeout;
}

static int try_again(struct task *task, struct err *err)
{
	int64_t wait = retry_delay(&task->step->retry, task->attempt);
	struct progress p = {.kind = PROGRESS_STEP_RETRY,
			     .cmd = task->cmd,
			     .step = task->step->name,
			     .attempt = task->attempt,
			     .wait_ms = wait,
			     .text = json_string_value(json_object_get(task->failure, "message"))};
	char *base = runner_log_base(task->runner, task->cmd, task->step->name, task->attempt);
	int rc;

	p.log_base = base;
	task->due = runner_now(task->runner) + wait;
	task->attempt++;
	rc = task_save(task, true, err);
	if (rc == 0)
		driver_progress(task->runner->driver, task->runner, &p);
	free(base);
	return rc < 0 ? rc : task_alarm_on(task, err);
}

/* "cancelled", because of what the step itself said of it. */
static int settle_cancelled(struct task *task, const struct pool_outcome *outcome, struct err *err)
{
	json_t *said = json_loadb(outcome->text, outcome->len, JSON_ALLOW_NUL, NULL), *failure;
	const char *type = json_string_value(json_object_get(said, "type"));
	int rc;

	if (type && strcmp(type, "cancelled") == 0)
		failure = json_incref(said);
	else
		failure = json_pack("{s:s, s:s, s:O*}", "type", "cancelled", "message",
				    "it stopped when asked to", "cause", said);
	rc = failure ? settle_failure(task, failure, outcome->us, err) : err_nomem(err);
	json_decref(failure);
	json_decref(said);
	return rc;
}

/* For people: what became of the last attempts. */
static int note_failure(struct task *task, int64_t now)
{
	json_t *note = json_pack("{s:i, s:I, s:O*, s:O*}", "attempt", task->attempt, "at",
				 (json_int_t)now, "type", json_object_get(task->failure, "type"),
				 "message", json_object_get(task->failure, "message"));

	if (!task->failures)
		task->failures = json_array();
	if (json_array_size(task->failures) >= FAILURES_MOST)
		json_array_remove(task->failures, 0);
	return json_array_append_new(task->failures, note);
}

int task_attempt_failed(struct task *task, const char *text, size_t len, int64_t us,
			struct err *err)
{
	json_t *failure = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
	int64_t now = runner_now(task->runner);
	bool permanent, again, in_time;
	const char *type;

	if (!failure || runner_mask(task->runner, &failure, err) < 0) {
		json_decref(failure);
		return err_nomem(err);
	}
	type = json_string_value(json_object_get(failure, "type"));
	permanent = json_is_true(json_object_get(failure, "permanent"));
	again = !task->step->at_most_once && !task->cancelled &&
		retry_again(&task->step->retry, task->attempt, type ? type : "", permanent);
	in_time = !task->out_of_time &&
		  !task_past_total(task, now + retry_delay(&task->step->retry, task->attempt));
	json_decref(task->failure);
	task->failure = failure;
	if (again && in_time && note_failure(task, now) < 0)
		return err_nomem(err);
	if (again && in_time)
		return try_again(task, err);
	if (again || task->out_of_time)
		return task_fail_total(task, us, err);
	return settle_failure(task, failure, us, err);
}

void task_outcome(struct task *task, const struct pool_outcome *outcome)
{
	struct runner *r = task->runner;
	struct err err = ERR_INIT;
	int rc = 0;

	task->submitted = false;
	r->running--;
	throttle_leave(task);
	task_alarm_off(task);
	if (r->end != DRIVE_NOT_YET) {
		task_free(task);
		return;
	}
	if (outcome->result == POOL_COMPLETED && !task->out_of_time)
		rc = task_settle(task, true, outcome->text, outcome->len, outcome->us, &err);
	else if (task->cancelled && outcome->result == POOL_CANCELLED)
		rc = settle_cancelled(task, outcome, &err);
	else if (outcome->result == POOL_FAILED)
		rc = task_attempt_failed(task, outcome->text, outcome->len, outcome->us, &err);
	else if (task->out_of_time)
		rc = task_fail_total(task, outcome->us, &err);
	else if (outcome->result == POOL_OUTSIDE && task->cancelled)
		rc = task_fail(task, "cancelled", "cancelled before it was completed", &err);
	else if (outcome->result == POOL_OUTSIDE)
		rc = task_hand_out(task, &err);
	if (rc < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

void task_began(struct task *task)
{
	struct progress p = {.kind = PROGRESS_STEP_BEGAN,
			     .cmd = task->cmd,
			     .step = task->step->name,
			     .attempt = task->attempt};

	driver_progress(task->runner->driver, task->runner, &p);
}

/* New; NULL: no memory, or it is no JSON. */
static char *masked_text(struct runner *r, const char *text, size_t len)
{
	struct err ignored = ERR_INIT;
	char *copy = NULL;
	json_t *value;

	if (!secrets_mask(r->driver->secrets)->count)
		return strndup(text, len);
	value = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (value && runner_mask(r, &value, &ignored) == 0)
		copy = dump_json(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_decref(value);
	return copy;
}

void task_heartbeat(struct task *task, const char *details, size_t len)
{
	struct err ignored = ERR_INIT;
	struct driver *d = task->runner->driver;
	int64_t now = d->state->os->ops->monotonic(d->state->os);
	struct progress p = {.kind = PROGRESS_HEARTBEAT,
			     .cmd = task->cmd,
			     .step = task->step->name,
			     .attempt = task->attempt};
	char *copy = masked_text(task->runner, details, len);

	if (!copy)
		return;
	free(task->details);
	task->details = copy;
	p.text = copy;
	if (now - task->details_saved >= DETAILS_EVERY_US) {
		task->details_saved = now;
		task_save(task, false, &ignored);
	}
	driver_progress(d, task->runner, &p);
}
