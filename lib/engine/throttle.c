/* SPDX-License-Identifier: MIT */
#include "throttle.h"

#include "../model/step.h"
#include "../os/os.h"
#include "../store/limits.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "lookout.h"
#include "runner.h"
#include "task.h"

#include <stdlib.h>

#define TOLD_MS 200 /* a shorter wait for .rate is not written down */

/* What holds for a step: the stricter of its own and the configured. */
static struct limit limit_of(const struct task *task)
{
	const struct limit *set = config_limit(&task->runner->driver->config, LIMIT_STEP,
					       task->step->name);
	struct limit limit = {.concurrency = task->step->limit, .rate = task->step->rate};

	if (set && set->concurrency && (!limit.concurrency || set->concurrency < limit.concurrency))
		limit.concurrency = set->concurrency;
	if (set && set->rate > 0 && (limit.rate <= 0 || set->rate < limit.rate))
		limit.rate = set->rate;
	return limit;
}

/* The place in the row of those that may begin: 1 when it has come. */
static int enter_rate(struct task *task, const char *folder, double rate, struct err *err)
{
	int64_t wait = 0, now = runner_now(task->runner);
	int rc = 0;

	if (!task->rate_due) {
		rc = limits_reserve(task->runner->driver->state, folder, rate, &wait, err);
		task->rate_due = now + (wait + 999) / 1000;
	}
	if (rc < 0)
		return rc;
	if (task->rate_due <= now)
		return 1;
	task->due = task->rate_due;
	return task_alarm_on(task, err);
}

static int enter_slot(struct task *task, const char *folder, unsigned limit, struct err *err)
{
	struct driver *d = task->runner->driver;
	int rc = 0;

	for (int i = 0; rc == 0 && task->slot_fd < 0 && i < 2; i++) {
		rc = limits_take(d->state, folder, limit, &task->slot_fd, err);
		if (rc == 0 && task->slot_fd < 0)
			rc = lookout_watch(d, folder, LOOKOUT_CLOSED, err);
	}
	task->throttled = task->slot_fd < 0;
	return rc < 0 ? rc : !task->throttled;
}

bool throttle_delays(const struct task *task)
{
	return task->throttled || (task->rate_due && !task->submitted);
}

json_t *throttle_waits_json(const struct task *task)
{
	struct limit limit;

	if (!throttle_delays(task))
		return NULL;
	limit = limit_of(task);
	return task->throttled ? json_pack("{s:s, s:I}", "for", "slot", "limit",
					   (json_int_t)limit.concurrency)
			       : json_pack("{s:s, s:f, s:I}", "for", "rate", "rate", limit.rate,
					   "until", (json_int_t)task->rate_due);
}

/* Whoever asks why it does not run finds it in attempts/; that need not be durable. */
static int say_waits(struct task *task, bool waits, struct err *err)
{
	if (task->said_waits == waits)
		return 0;
	task->said_waits = waits;
	return task_save(task, false, err);
}

static bool is_worth_telling(const struct task *task)
{
	return task->throttled ||
	       (task->rate_due && task->rate_due - runner_now(task->runner) >= TOLD_MS);
}

static int enter(struct task *task, const struct limit *limit, struct err *err)
{
	char *folder;
	int rc = 1;

	folder = limits_folder(task->runner->driver->state, "step", task->step->name, err);
	if (!folder)
		return -err->code;
	if (limit->concurrency && task->slot_fd < 0)
		rc = enter_slot(task, folder, limit->concurrency, err);
	if (rc > 0 && limit->rate > 0)
		rc = enter_rate(task, folder, limit->rate, err);
	free(folder);
	return rc;
}

int throttle_enter(struct task *task, struct err *err)
{
	struct limit limit = limit_of(task);
	int rc;

	task->throttled = false;
	if (!limit.concurrency && limit.rate <= 0)
		return 1;
	rc = enter(task, &limit, err);
	if (rc > 0)
		task->rate_due = 0;
	if (rc >= 0 && say_waits(task, is_worth_telling(task), err) < 0)
		return -err->code;
	return rc;
}

void throttle_leave(struct task *task)
{
	struct driver *d = task->runner->driver;

	task->throttled = false;
	task->rate_due = 0;
	if (task->slot_fd < 0)
		return;
	d->state->os->ops->close(d->state->os, task->slot_fd);
	task->slot_fd = -1;
	lookout_now(d);
}

/* Oldest first; a begun task may be freed with its list changed, so the search starts anew. */
static struct task *next_waiting(const struct runner *r, uint64_t after)
{
	struct task *next = NULL;

	for (struct task *task = r->tasks; task; task = task->next)
		if (task->throttled && !task->settled && !task->cancelled && task->cmd > after &&
		    (!next || task->cmd < next->cmd))
			next = task;
	return next;
}

void throttle_look(struct runner *r)
{
	struct err err = ERR_INIT;
	struct task *task;
	uint64_t after = 0;
	int rc = 0;

	while (rc == 0 && (task = next_waiting(r, after)) != NULL) {
		after = task->cmd;
		rc = task_go(task, &err);
		driver_wake(r->driver);
	}
	if (rc < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

bool throttle_waits(const struct runner *r)
{
	return next_waiting(r, 0) != NULL;
}
