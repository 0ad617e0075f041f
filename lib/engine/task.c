/* SPDX-License-Identifier: MIT */
#include "task.h"

#include "../store/run.h"
#include "driver_internal.h"
#include "runner.h"
#include "throttle.h"

#include <stdlib.h>
#include <string.h>

#define ALARM_LONGEST_MS 60000

static void alarm_closed(uv_handle_t *handle)
{
	free(handle);
}

void task_alarm_off(struct task *task)
{
	task->armed = false;
	if (!task->alarm)
		return;
	task->alarm->data = NULL;
	uv_close((uv_handle_t *)task->alarm, alarm_closed);
	task->alarm = NULL;
}

static void on_alarm(uv_timer_t *timer);

/* No retry is waited for longer than its policy says, also when the clock was set back meanwhile.
 * Virtual time is not set; a new driver's begins at the last event, which may be long before. */
static void bound_retry(struct task *task)
{
	int64_t latest;

	if (task->runner->virtual_time)
		return;
	if (!task->step || task->attempt < 2 || task->submitted || task->outside || task->throttled)
		return;
	latest = runner_now(task->runner) + retry_delay(&task->step->retry, task->attempt - 1);
	if (task->due > latest)
		task->due = latest;
}

/* Wake at task->due by the wall clock; long waits are looked at again every minute, so a clock that
 * is set is noticed. */
int task_alarm_on(struct task *task, struct err *err)
{
	int64_t wait;

	bound_retry(task);
	wait = task->due - runner_now(task->runner);
	if (task->runner->virtual_time) {
		task->armed = true;
		driver_wake(task->runner->driver);
		return 0;
	}
	if (!task->alarm) {
		task->alarm = malloc(sizeof *task->alarm);
		if (!task->alarm)
			return err_nomem(err);
		uv_timer_init(&task->runner->driver->loop, task->alarm);
		task->alarm->data = task;
	}
	wait = wait < 0 ? 0 : wait > ALARM_LONGEST_MS ? ALARM_LONGEST_MS : wait;
	uv_update_time(&task->runner->driver->loop);
	uv_timer_start(task->alarm, on_alarm, (uint64_t)wait, 0);
	return 0;
}

struct task *task_new(struct runner *r, const struct command *command)
{
	struct task *task = calloc(1, sizeof *task);

	if (!task)
		return NULL;
	task->runner = r;
	task->cmd = command->id;
	task->attempt = 1;
	task->slot_fd = -1;
	task->asked = runner_now(r);
	task->next = r->tasks;
	task->link = &r->tasks;
	if (r->tasks)
		r->tasks->link = &task->next;
	r->tasks = task;
	return task;
}

void task_free(struct task *task)
{
	struct err ignored = ERR_INIT;

	if (!task)
		return;
	if (task->submitted) {
		pool_drop(task->runner->driver->pool, task);
		task->runner->running--;
	}
	if (task->saved && task->settled)
		run_set_attempt(&task->runner->run, task->cmd, NULL, false, &ignored);
	throttle_leave(task);
	task_alarm_off(task);
	*task->link = task->next;
	if (task->next)
		task->next->link = task->link;
	json_decref(task->failure);
	json_decref(task->failures);
	free(task->details);
	free(task);
}

struct task *task_find(struct runner *r, uint64_t cmd)
{
	for (struct task *task = r->tasks; task; task = task->next)
		if (task->cmd == cmd)
			return task;
	return NULL;
}

int task_cancel(struct task *task, struct err *err)
{
	if (task->settled)
		return 0;
	task->cancelled = true;
	if (task->submitted)
		pool_cancel(task->runner->driver->pool, task, task->cmd);
	else if (task->step)
		return task_fail(task, "cancelled",
				 task->outside ? "cancelled before it was completed"
					       : "cancelled between two attempts",
				 err);
	else
		task_free(task);
	return 0;
}

bool task_stopping(const struct runner *r)
{
	for (const struct task *task = r->tasks; task; task = task->next)
		if (task->submitted && task->cancelled)
			return true;
	return false;
}

static void on_alarm(uv_timer_t *timer)
{
	if (timer->data)
		task_wake(timer->data);
}

void task_wake(struct task *task)
{
	struct err err = ERR_INIT;
	struct happening *h;
	int rc = 0;

	if (task->settled)
		return;
	if (runner_now(task->runner) < task->due) {
		rc = task_alarm_on(task, &err);
	} else if (task->submitted) {
		if (pool_expire(task->runner->driver->pool, task, task->cmd))
			task->out_of_time = true;
	} else if (task->step && task->runner->driver->stopped_by) {
		return;
	} else if (task->outside) {
		rc = task_outside_late(task, &err);
	} else if (task->step) {
		rc = task_go(task, &err);
		driver_wake(
			task->runner->driver); /* timers run before the poll, the flush behind it */
	} else {
		task->settled = true;
		h = runner_happen(task->runner, EVENT_TIMER_FIRED, task->cmd);
		rc = h ? 0 : err_nomem(&err);
		if (h) {
			h->task = task;
			h->event.body = json_object();
		}
	}
	if (rc < 0)
		runner_break(task->runner, DRIVE_BROKEN, &err);
}
