/* SPDX-License-Identifier: MIT */
/* When a run only waits: whether it does, for what, and the note of it in its history. */
#include "runner.h"

#include "child.h"
#include "driver_internal.h"
#include "runner_inbox.h"
#include "runner_limits.h"
#include "runner_locks.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

/* A retry that comes within this time is waited for; with what waits longer a run can be suspended.
 */
#define SOON_MS 10000

bool runner_idle(const struct runner *r)
{
	if (r->end != DRIVE_NOT_YET || r->pending_count || r->running || r->clock_due ||
	    runner_inbox_due(r))
		return false;
	for (const struct task *t = r->tasks; t; t = t->next)
		if (t->armed ||
		    (t->step && !t->outside && (t->throttled || t->due - runner_now(r) <= SOON_MS)))
			return false;
	return kids_idle(r);
}

/* What the run waits for: the core's view, and of a step that waits for its next attempt when that
 * is. New. */
static json_t *waits_of(struct runner *r)
{
	json_t *waits = r->delayed ? runner_delay_waits(r) : core_waits(r->core), *wait;
	size_t i;

	json_array_foreach (waits, i, wait) {
		struct task *task =
			task_find(r, (uint64_t)json_integer_value(json_object_get(wait, "cmd")));
		if (task && task->outside && task_outside_wait(task, wait) < 0) {
			json_decref(waits);
			return NULL;
		}
		if (!task || !task->step || task->submitted || task->outside || !task->failure)
			continue;
		if (json_object_set_new(wait, "until", json_integer(task->due)) < 0 ||
		    json_object_set_new(wait, "attempt", json_integer(task->attempt)) < 0 ||
		    json_object_set(wait, "failure", task->failure) < 0) {
			json_decref(waits);
			return NULL;
		}
	}
	return waits;
}

static int say_suspended(struct runner *r, const json_t *waits, struct err *err)
{
	struct happening *h = runner_happen(r, EVENT_RUN_SUSPENDED, 0);
	const char *which;
	int64_t by = runner_deadline(r, &which);
	int rc = h && waits ? runner_put_json(r, &h->fields, "waiting", waits, err)
			    : err_nomem(err);

	if (h && by)
		buf_addf(&h->fields, ",\"deadline\":%lld", (long long)by);

	if (rc == 0 && !(h->note = strdup("suspended")))
		rc = err_nomem(err);
	if (rc == 0)
		rc = runner_record(r, err);
	return rc < 0 ? rc : runner_feed(r, err);
}

/* Whether a timer or a retry ends the wait within SOON_MS. */
static bool ends_soon(const struct runner *r)
{
	for (const struct task *t = r->tasks; t; t = t->next)
		if (t->due && t->due - runner_now(r) <= SOON_MS)
			return true;
	return false;
}

void runner_say_waiting(struct runner *r)
{
	struct progress p = {.kind = PROGRESS_WAITING};
	json_t *waits;

	if (r->said_waiting || !r->driver->options.progress || !runner_idle(r) || ends_soon(r))
		return;
	r->said_waiting = true;
	p.detail = waits = waits_of(r);
	if (waits)
		driver_progress(r->driver, r, &p);
	json_decref(waits);
}

void runner_suspend(struct runner *r)
{
	struct err err = ERR_INIT;
	json_t *waits = runner_lock_waits(r, waits_of(r));
	struct progress p = {.kind = PROGRESS_RUN_ENDED, .end = DRIVE_SUSPENDED};
	bool said = r->rests && r->resumed; /* nothing has happened since it was said last */
	int rc = said ? 0 : say_suspended(r, waits, &err);

	if (!waits && rc == 0)
		rc = err_nomem(&err);
	if (rc < 0) {
		json_decref(waits);
		runner_break(r, DRIVE_BROKEN, &err);
		return;
	}
	r->end = DRIVE_SUSPENDED;
	json_decref(r->detail);
	r->detail = waits;
	p.detail = waits;
	driver_progress(r->driver, r, &p);
}
