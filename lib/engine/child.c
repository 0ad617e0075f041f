/* SPDX-License-Identifier: MIT */
#include "child.h"

#include "../base/str.h"
#include "../model/child.h"
#include "child_internal.h"
#include "child_make.h"
#include "driver_internal.h"
#include "runner.h"
#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS 300 /* at a child that another process drives */
#define SOON_MS 10000

/* ---- alarms */

static int go(struct kid *kid, struct err *err);

static void alarm_closed(uv_handle_t *handle)
{
	free(handle);
}

static void on_alarm(uv_timer_t *timer)
{
	struct kid *kid = timer->data;
	struct err err = ERR_INIT;
	struct runner *r = kid ? kid->parent : NULL;

	if (!kid || r->driver->stopped_by)
		return;
	if (go(kid, &err) < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

static int alarm_in(struct kid *kid, int64_t ms, struct err *err)
{
	if (!kid->alarm) {
		kid->alarm = malloc(sizeof *kid->alarm);
		if (!kid->alarm)
			return err_nomem(err);
		uv_timer_init(&kid->parent->driver->loop, kid->alarm);
		kid->alarm->data = kid;
	}
	uv_update_time(&kid->parent->driver->loop);
	uv_timer_start(kid->alarm, on_alarm, (uint64_t)(ms > 0 ? ms : 0), 0);
	return 0;
}

void kid_free(struct kid *kid)
{
	if (kid->alarm) {
		kid->alarm->data = NULL;
		uv_close((uv_handle_t *)kid->alarm, alarm_closed);
	}
	if (kid->runner)
		kid->runner->kid = NULL;
	*kid->link = kid->next;
	if (kid->next)
		kid->next->link = kid->link;
	free(kid->id);
	free(kid);
}

void kids_free(struct runner *r)
{
	while (r->kids)
		kid_free(r->kids);
}

/* ---- where it stands */

static int drive(struct kid *kid, struct err *err)
{
	struct driver *d = kid->parent->driver;
	struct err why = ERR_INIT;
	struct runner *runner;
	int rc;

	kid->due = 0;
	rc = driver_add_child(d, kid->id, &runner, &why);
	if (rc == -ERR_BUSY)
		return alarm_in(kid, LOOK_MS, err);
	if (rc == -ERR_CLOSED || rc == -ERR_NOT_FOUND)
		return 1; /* it was closed since */
	if (rc < 0)
		return err_set(err, why.code, "%s", why.text);
	kid->runner = runner;
	runner->kid = kid;
	return 0;
}

/* It has failed: whether it is to be tried again. 1: now; 0: its alarm is set; -1: no, or error. */
static int again(struct kid *kid, const struct run_summary *s, struct err *err)
{
	const char *type = json_string_value(json_object_get(s->error, "type"));
	bool permanent = json_is_true(json_object_get(s->error, "permanent"));

	if (s->status != STATUS_FAILED ||
	    !retry_again(&kid->child->retry, kid->attempt, type, permanent))
		return -1;
	kid->due = s->closed + retry_delay(&kid->child->retry, kid->attempt);
	if (kid->due > runner_now(kid->parent) && kid->parent->virtual_time)
		return 0;
	if (kid->due > runner_now(kid->parent))
		return alarm_in(kid, kid->due - runner_now(kid->parent), err);
	kid->due = 0;
	return 1;
}

/* It has ended. 1: look at the next attempt. */
static int closed(struct kid *kid, struct err *err)
{
	struct run_summary s;
	int rc = run_summarize(&s, kid->parent->driver->state, kid->id, true, err), more;
	json_t *null = json_null();

	if (rc < 0)
		return rc;
	more = again(kid, &s, err);
	if (more == 1)
		kid->attempt++;
	else if (more < 0 && !err->code)
		more = kid_settle(kid, run_status_name(s.status),
				  s.status == STATUS_COMPLETED ? (s.result ? s.result : null)
							       : (s.error ? s.error : null),
				  err);
	run_summary_release(&s);
	return more;
}

static int name_attempt(struct kid *kid, struct err *err)
{
	free(kid->id);
	kid->id = kid->attempt == 1 ? strdup(kid->child->id)
				    : str_format("%s+%d", kid->child->id, kid->attempt);
	return kid->id ? 0 : err_nomem(err);
}

/* What the parent's wait fails with; NULL: what went wrong is no outcome. */
static const char *refusal(int rc)
{
	switch (rc) {
	case -ERR_NOT_FOUND:
	case -ERR_USAGE:
	case -ERR_MODULE:
	case -ERR_NEWER:
		return "no_such_workflow";
	default:
		return NULL;
	}
}

/* Neither here nor ever started: make it. 1: look again. */
static int make(struct kid *kid, struct err *err)
{
	struct err why = ERR_INIT;
	int rc;

	if (kid_recorded(kid) >= kid->attempt)
		return kid_settle_failed(kid, "lost", "its run was there and is no more", err);
	rc = child_make(kid->parent, kid->cmd, kid->child, kid->id, &why);
	if (rc == 0 || rc == -ERR_EXISTS)
		return 1;
	if (refusal(rc))
		return kid_settle_failed(kid, refusal(rc), why.text, err);
	return err_set(err, why.code, "%s", why.text);
}

/* A child of ours from before a reset is still driven: it ends, and is looked at again. */
static int end_driven(struct kid *kid, struct err *err)
{
	int rc = kid->told_end
			 ? 0
			 : kid_tell_to_end(kid->parent->driver, kid->id, CHILD_LEFT_REASON, err);

	kid->told_end = true;
	return rc < 0 ? rc : alarm_in(kid, LOOK_MS, err);
}

/* Somebody else's run has the id. 1: ours took its place. */
static int taken(struct kid *kid, struct run *run, struct err *err)
{
	struct err why = ERR_INIT;
	struct runner *old = driver_find(kid->parent->driver, run->id);
	int rc;

	if (old && old->end != DRIVE_NOT_YET && old->run.closed)
		runner_leave(old);
	rc = child_make_anew(kid->parent, kid->cmd, kid->child, run, &why);
	if (rc == 0)
		return 1;
	if (rc == -ERR_BUSY && !run->closed)
		return end_driven(kid, err);
	if (rc == -ERR_EXISTS || rc == -ERR_BUSY || rc == -ERR_USAGE)
		return kid_settle_failed(kid, "exists", why.text, err);
	if (refusal(rc))
		return kid_settle_failed(kid, refusal(rc), why.text, err);
	return err_set(err, why.code, "%s", why.text);
}

/* 1: it stands elsewhere now, look again. */
static int look(struct kid *kid, struct err *err)
{
	struct err why = ERR_INIT;
	struct run run;
	int rc = name_attempt(kid, err);

	if (rc < 0)
		return rc;
	rc = run_open(&run, kid->parent->driver->state, kid->id, &why);
	if (rc == -ERR_NOT_FOUND)
		return make(kid, err);
	if (rc < 0)
		return err_set(err, why.code, "%s", why.text);
	if (!child_is_ours(kid->parent, kid->cmd, &run))
		rc = taken(kid, &run, err);
	else if (kid_recorded(kid) < kid->attempt && (rc = kid_say_started(kid, err)) < 0)
		rc = -err->code;
	else
		rc = run.closed ? closed(kid, err) : drive(kid, err);
	run_release(&run);
	return rc;
}

static int go(struct kid *kid, struct err *err)
{
	int rc;

	while ((rc = look(kid, err)) > 0)
		;
	return rc;
}

int kid_start(struct runner *r, const struct command *command, struct err *err)
{
	struct kid *kid = calloc(1, sizeof *kid);

	if (!kid)
		return err_nomem(err);
	kid->parent = r;
	kid->cmd = command->id;
	kid->child = command->child;
	kid->next = r->kids;
	kid->link = &r->kids;
	if (r->kids)
		r->kids->link = &kid->next;
	r->kids = kid;
	kid->attempt = kid_recorded(kid);
	if (!kid->attempt)
		kid->attempt = 1;
	return go(kid, err);
}

void kid_leave(struct runner *r)
{
	if (r->kid)
		r->kid->runner = NULL;
	r->kid = NULL;
}

void kid_ended(struct kid *kid)
{
	struct runner *r = kid->parent, *child = kid->runner;
	struct err err = ERR_INIT;

	kid_leave(child);
	kid->stuck = child->end == DRIVE_HALTED || child->end == DRIVE_BROKEN;
	if (kid->stuck || child->end == DRIVE_SUSPENDED || child->end == DRIVE_STOPPED ||
	    r->end != DRIVE_NOT_YET)
		return;
	if (go(kid, &err) < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

/* ---- for the loop */

bool kids_idle(const struct runner *r)
{
	for (const struct kid *kid = r->kids; kid; kid = kid->next)
		if (kid->due && kid->due - runner_now(r) <= SOON_MS)
			return false;
	return true;
}

int64_t kids_due(const struct runner *r)
{
	int64_t due = 0;

	for (const struct kid *kid = r->kids; kid; kid = kid->next)
		if (kid->due && (!due || kid->due < due))
			due = kid->due;
	return due;
}

void kids_wake(struct runner *r)
{
	struct err err = ERR_INIT;
	int64_t due = kids_due(r);

	for (struct kid *kid = r->kids; kid; kid = kid->next) {
		if (kid->due != due)
			continue;
		if (go(kid, &err) < 0)
			runner_break(r, DRIVE_BROKEN, &err);
		return;
	}
}

bool kids_stuck(const struct runner *r)
{
	for (const struct kid *kid = r->kids; kid; kid = kid->next)
		if (!kid->stuck)
			return false;
	return r->kids && !r->tasks && !r->pending_count;
}
