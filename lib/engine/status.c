/* SPDX-License-Identifier: MIT */
#include "status.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../model/event.h"
#include "../os/os.h"
#include "../store/history.h"
#include "../store/inbox.h"
#include "../store/locks.h"
#include "../store/run.h"
#include "../store/state.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
	[STATUS_RUNNING] = "running",         [STATUS_SUSPENDED] = "suspended",
	[STATUS_INTERRUPTED] = "interrupted", [STATUS_HALTED] = "halted",
	[STATUS_COMPLETED] = "completed",     [STATUS_FAILED] = "failed",
	[STATUS_CANCELLED] = "cancelled",     [STATUS_TERMINATED] = "terminated",
};

const char *run_status_name(enum run_status status)
{
	return names[status];
}

static enum run_status status_of_end(enum event_type type)
{
	switch (type) {
	case EVENT_RUN_COMPLETED:
		return STATUS_COMPLETED;
	case EVENT_RUN_CANCELLED:
		return STATUS_CANCELLED;
	case EVENT_RUN_TERMINATED:
		return STATUS_TERMINATED;
	default:
		return STATUS_FAILED;
	}
}

static void take_value(struct run *run, const struct event *last, const char *member, json_t **ret)
{
	struct err ignored = ERR_INIT;
	struct buf file = BUF_INIT;
	const char *name;

	buf_addf(&file, "%s_file", member);
	name = buf_ok(&file) ? json_string_value(json_object_get(last->body, file.data)) : NULL;
	if (name)
		run_get_payload(run, name, ret, &ignored);
	else
		*ret = json_incref(json_object_get(last->body, member));
	buf_release(&file);
}

/* What is waited for is a child that has ended, or is due itself. */
static bool child_is_due(struct state *state, const json_t *wait)
{
	const char *kind = json_string_value(json_object_get(wait, "kind"));
	const char *id = json_string_value(json_object_get(wait, "id"));
	struct err ignored = ERR_INIT;
	struct run_summary child;
	bool due;

	if (!kind || strcmp(kind, "child") != 0 || !id ||
	    run_summarize(&child, state, id, false, &ignored) < 0)
		return false;
	due = child.due || child.status >= STATUS_COMPLETED;
	run_summary_release(&child);
	return due;
}

/* A lock that it waits for, and that it would get now. */
static bool lock_is_free(struct run *run, const json_t *wait)
{
	const char *kind = json_string_value(json_object_get(wait, "kind"));
	struct lock_claim claim = {
		.name = json_string_value(json_object_get(wait, "name")),
		.run = run->id,
		.cmd = (uint64_t)json_integer_value(json_object_get(wait, "cmd")),
		.limit = (unsigned)json_integer_value(json_object_get(wait, "limit"))};

	return kind && strcmp(kind, "lock") == 0 && claim.name && !str_id_problem(claim.name) &&
	       locks_free(run->state, &claim);
}

/* Suspended and a timer's or retry's time has come, or a message lies in the inbox. */
static bool is_due(const struct run_summary *s, struct run *run, int64_t now)
{
	size_t i;
	json_t *wait;

	json_array_foreach (s->waiting, i, wait) {
		json_t *until = json_object_get(wait, "until");
		if (until && json_integer_value(until) <= now)
			return true;
		if (lock_is_free(run, wait))
			return true;
		if (child_is_due(run->state, wait))
			return true;
	}
	if (s->deadline && s->deadline <= now)
		return true;
	return inbox_any(run) > 0;
}

static void take_last(struct run_summary *s, struct run *run, const struct event *last)
{
	json_t *waiting;

	s->updated = last->at;
	s->events = last->seq;
	if (event_ends_run(last->type)) {
		s->status = status_of_end(last->type);
		s->closed = last->at;
		take_value(run, last, "result", &s->result);
		take_value(run, last, "error", &s->error);
		return;
	}
	if (last->type != EVENT_RUN_SUSPENDED)
		return;
	take_value(run, last, "waiting", &waiting);
	if (!json_is_array(waiting)) {
		json_decref(waiting);
		return;
	}
	json_decref(s->waiting);
	s->waiting = waiting;
	s->deadline = json_integer_value(json_object_get(last->body, "deadline"));
	s->status = STATUS_SUSPENDED;
}

static int take_history(struct run_summary *s, struct run *run, struct err *err)
{
	struct event last, head;
	struct buf dir = BUF_INIT;
	int rc;

	buf_addf(&dir, "%s/history", run->path);
	if (!buf_ok(&dir))
		return err_nomem(err);
	rc = history_tail(run->state->os, dir.data, &last, &head, &s->steps, err);
	buf_release(&dir);
	if (rc <= 0)
		return rc;
	take_last(s, run, &last);
	event_release(&last);
	event_release(&head);
	return 0;
}

static int take_driver(struct run_summary *s, struct run *run, struct err *err)
{
	json_t *why = NULL;
	int rc = run_driver(run, &s->driver, err);

	if (rc < 0 || s->status >= STATUS_COMPLETED)
		return rc;
	if (s->driver) {
		s->status = STATUS_RUNNING;
		return 0;
	}
	rc = run_halted(run, &why, err);
	if (rc == 0 && why) {
		s->status = STATUS_HALTED;
		s->error = why;
	}
	if (s->status == STATUS_SUSPENDED)
		s->due = is_due(s, run, run->state->os->ops->now(run->state->os));
	return rc;
}

static int take_told(struct run_summary *s, struct run *run, struct err *err)
{
	int rc = run_told(run, &s->told, err);
	json_t *tags = json_object_get(s->told, "tags");

	if (rc == 0 && json_object_size(tags))
		s->tags = json_incref(tags);
	return rc;
}

int run_summarize(struct run_summary *ret, struct state *state, const char *id, bool closed,
		  struct err *err)
{
	struct run_summary s = {.status = STATUS_INTERRUPTED, .waiting = json_array()};
	struct run run;
	int rc = run_open(&run, state, id, err);

	(void)closed;
	if (rc < 0) {
		json_decref(s.waiting);
		return rc;
	}
	s.id = strdup(id);
	s.workflow = strdup(run.info.workflow);

	s.parent = run.info.parent ? strdup(run.info.parent) : NULL;
	s.created = s.updated = run.info.created;
	rc = s.id && s.workflow && s.waiting ? take_history(&s, &run, err) : err_nomem(err);
	if (rc == 0)
		rc = take_told(&s, &run, err);
	if (rc == 0 && !run.closed)
		rc = take_driver(&s, &run, err);
	run_release(&run);
	if (rc < 0)
		run_summary_release(&s);
	else
		*ret = s;
	return rc;
}

void run_summary_release(struct run_summary *summary)
{
	free(summary->id);
	free(summary->workflow);
	json_decref(summary->waiting);
	json_decref(summary->result);
	json_decref(summary->error);
	free(summary->parent);
	json_decref(summary->tags);
	json_decref(summary->told);
}

json_t *run_summary_json(const struct run_summary *s)
{
	json_t *json = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:O}", "id", s->id,
				 "workflow", s->workflow, "status", names[s->status], "created",
				 (json_int_t)s->created, "updated", (json_int_t)s->updated, "steps",
				 (json_int_t)s->steps, "events", (json_int_t)s->events, "waiting",
				 s->waiting);

	if (!json)
		return NULL;
	if (s->closed)
		json_object_set_new(json, "closed", json_integer(s->closed));
	if (s->driver)
		json_object_set_new(json, "driver", json_integer(s->driver));
	if (s->deadline)
		json_object_set_new(json, "deadline", json_integer(s->deadline));
	if (s->due)
		json_object_set_new(json, "due", json_true());
	if (s->result)
		json_object_set(json, "result", s->result);
	if (s->error)
		json_object_set(json, "error", s->error);
	if (s->parent)
		json_object_set_new(json, "parent", json_string(s->parent));
	if (s->tags)
		json_object_set(json, "tags", s->tags);
	if (json_object_size(json_object_get(s->told, "memo")))
		json_object_set(json, "memo", json_object_get(s->told, "memo"));
	if (json_object_get(s->told, "details"))
		json_object_set(json, "details", json_object_get(s->told, "details"));
	return json;
}
