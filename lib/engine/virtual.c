/* SPDX-License-Identifier: MIT */
#include "virtual.h"

#include "child.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_limits.h"
#include "task.h"

int64_t runner_now(const struct runner *r)
{
	return r->virtual_time ? r->driver->virtual_now : driver_now(r->driver);
}

void virtual_saw(struct runner *r, int64_t at)
{
	if (r->virtual_time && r->driver->virtual_now < at)
		r->driver->virtual_now = at;
}

/* What is to be woken next: a task, a child, or a run that waits to begin or for its time-out. */
struct next {
	struct task *task;
	struct runner *run;
	int64_t due;
	bool kid; /* of the run's children, one that is to be tried again */
};

static void offer(struct next *next, struct runner *r)
{
	int64_t kids = kids_due(r);

	if (r->clock_due && (!next->run || r->clock_due < next->due))
		*next = (struct next){.run = r, .due = r->clock_due};
	if (kids && (!next->run || kids < next->due))
		*next = (struct next){.run = r, .due = kids, .kid = true};
	for (struct task *task = r->tasks; task; task = task->next) {
		if (!task->armed || task->settled)
			continue;
		if (!next->run || task->due < next->due ||
		    (task->due == next->due && next->task && next->run == r &&
		     task->cmd < next->task->cmd))
			*next = (struct next){.run = r, .task = task, .due = task->due};
	}
}

/* Whether something goes on that takes no virtual time. */
static bool is_busy(const struct runner *r)
{
	return r->pending_count || r->running;
}

bool virtual_advance(struct driver *d)
{
	struct next next = {0};

	if (d->stopped_by)
		return false;
	for (size_t i = 0; i < d->count; i++) {
		struct runner *r = d->runners[i];
		if (!r->virtual_time || r->end != DRIVE_NOT_YET)
			continue;
		if (is_busy(r))
			return false;
		offer(&next, r);
	}
	if (!next.run)
		return false;
	if (d->virtual_now < next.due)
		d->virtual_now = next.due;
	driver_wake(d);
	if (next.task) {
		next.task->armed = false;
		task_wake(next.task);
	} else if (next.kid) {
		kids_wake(next.run);
	} else {
		runner_limits_wake(next.run);
	}
	return true;
}
