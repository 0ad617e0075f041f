/* SPDX-License-Identifier: MIT */
#include "match.h"

#include "../base/error.h"
#include "child.h"
#include "continue.h"
#include "describe.h"
#include "evolve.h"
#include "finish.h"
#include "future.h"
#include "match_internal.h"
#include "match_mail.h"
#include "report.h"

#include <string.h>

int match_incomplete(const struct event *event, const char *member, struct err *err)
{
	return err_set(err, ERR_DAMAGED, "event %llu (%s) has no '%s'",
		       (unsigned long long)event->seq, event_type_name(event->type), member);
}

/* 1 when equal, 0 when not. What the driver feeds without the step was just asked for: nothing to
 * compare. */
static int same_step(const struct core *core, const struct event *event, const struct entry *entry,
		     struct err *err)
{
	const char *name = json_string_value(json_object_get(event->body, "step"));
	const json_t *input = json_object_get(event->body, "input");
	const char *digest = json_string_value(json_object_get(event->body, "input_sha256"));
	char hex[HASH_HEX];

	if (!name && !core->live)
		return match_incomplete(event, "step", err);
	if (name && strcmp(name, entry->step.name) != 0)
		return 0;
	if (input)
		return json_equal(input, entry->step.input);
	if (!digest)
		return 1;
	if (describe_digest(entry->step.input, hex) < 0)
		return err_nomem(err);
	return strcmp(digest, hex) == 0;
}

static int same_signal(const struct event *event, const struct entry *entry, struct err *err)
{
	const char *run = json_string_value(json_object_get(event->body, "run"));
	const char *name = json_string_value(json_object_get(event->body, "name"));
	const json_t *payload = json_object_get(event->body, "payload");
	const char *digest = json_string_value(json_object_get(event->body, "payload_sha256"));
	char hex[HASH_HEX];

	if ((run && strcmp(run, entry->run) != 0) || (name && strcmp(name, entry->name) != 0))
		return 0;
	if (payload)
		return json_equal(payload, entry->value);
	if (!digest)
		return 1;
	if (describe_digest(entry->value, hex) < 0)
		return err_nomem(err);
	return strcmp(digest, hex) == 0;
}

/* The command that the event answers: 1 and *ret, or 0 when it is one that was given up long ago.
 */
int match_asked(const struct core *core, const struct event *event, enum command_kind kind,
		struct entry **ret, struct err *err)
{
	struct entry *entry = commands_find(&core->commands, event->cmd);
	int same;

	if (!event->cmd)
		return match_incomplete(event, "cmd", err);
	if (event->cmd > core->commands.last)
		return report_not_asked(core, event, err);
	if (!entry)
		return event->cmd <= core->commands.forgotten ? 0 : report_twice(core, event, err);
	same = entry->command.kind == kind;
	if (same && kind == COMMAND_STEP)
		same = same_step(core, event, entry, err);
	if (same && kind == COMMAND_SIGNAL)
		same = same_signal(event, entry, err);
	if (same < 0)
		return same;
	*ret = entry;
	return same ? 1 : report_other(core, event, entry, err);
}

/* The value of member, or of the payload that member_file names. New; null when there is neither.
 */
int match_value(const struct core *core, const struct event *event, const char *member,
		const char *member_file, json_t **ret, struct err *err)
{
	json_t *value = json_object_get(event->body, member);
	const char *name = value ? NULL
				 : json_string_value(json_object_get(event->body, member_file));

	if (!name) {
		*ret = value ? json_incref(value) : json_null();
		return 0;
	}
	if (!core->payload)
		return err_set(err, ERR_DAMAGED,
			       "event %llu (%s) keeps its value in '%s', which cannot be read here",
			       (unsigned long long)event->seq, event_type_name(event->type), name);
	return core->payload(core->payload_arg, name, ret, err);
}

/* Time in the workflow is that of what it was told last, and never goes back. */
void match_time(struct core *core, const struct event *event)
{
	if (event->at > core->now)
		core->now = event->at;
	core->seq = event->seq;
}

void match_settle(struct core *core, const struct event *event, struct entry *entry, json_t *value,
		  const struct failure *failure)
{
	struct wf_future *future = entry->future;

	commands_settle(&core->commands, entry);
	match_time(core, event);
	if (future)
		future_settle(future, value, failure);
	else
		json_decref(value);
}

static int apply_run_started(struct core *core, const struct event *event, struct err *err)
{
	if (core->started)
		return err_set(err, ERR_DAMAGED, "event %llu: the run has started already",
			       (unsigned long long)event->seq);
	if (!strand_new(core, finish_workflow))
		return err_nomem(err);
	core->started = true;
	match_time(core, event);
	return continue_apply_started(core, event, err);
}

/* It says that an attempt was about to begin: nothing to settle. */
static int apply_step_started(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	int rc = match_asked(core, event, COMMAND_STEP, &entry, err);

	return rc < 0 ? rc : 0;
}

static int apply_step_completed(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	json_t *value;
	int rc = match_asked(core, event, COMMAND_STEP, &entry, err);

	if (rc > 0)
		rc = match_value(core, event, "result", "result_file", &value, err) < 0 ? -err->code
											: 1;
	if (rc > 0)
		match_settle(core, event, entry, value, NULL);
	return rc < 0 ? rc : 0;
}

static int apply_step_failed(struct core *core, const struct event *event, struct err *err)
{
	int attempts = (int)json_integer_value(json_object_get(event->body, "attempt"));
	const json_t *error = json_object_get(event->body, "error");
	const struct failure *failure;
	struct entry *entry;
	int rc = match_asked(core, event, COMMAND_STEP, &entry, err);

	if (rc <= 0)
		return rc;
	failure = failure_of_step(&core->failures, error, entry->step.name, attempts);
	if (!failure)
		return err_nomem(err);
	match_settle(core, event, entry, NULL, failure);
	return 0;
}

static int apply_timer_fired(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	int rc = match_asked(core, event, COMMAND_TIMER, &entry, err);

	if (rc > 0)
		match_settle(core, event, entry, json_null(), NULL);
	return rc < 0 ? rc : 0;
}

static int apply_side_effect(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	json_t *value;
	int rc = match_asked(core, event, COMMAND_SIDE_EFFECT, &entry, err);

	if (rc > 0)
		rc = match_value(core, event, "value", "value_file", &value, err) < 0 ? -err->code
										      : 1;
	if (rc > 0)
		match_settle(core, event, entry, value, NULL);
	return rc < 0 ? rc : 0;
}

static int apply_run_completed(struct core *core, const struct event *event, struct err *err)
{
	json_t *result = NULL;
	int rc = match_value(core, event, "result", "result_file", &result, err);

	if (rc == 0 && (core->status != CORE_COMPLETED || !json_equal(result, core->result)))
		rc = report_end(core, event, result, err);
	json_decref(result);
	return rc;
}

static int apply_run_failed(struct core *core, const struct event *event, struct err *err)
{
	if (json_object_get(event->body, "timeout"))
		return 0; /* the time-out of the run, whatever the workflow was doing */
	return core->status == CORE_FAILED ? 0 : report_end(core, event, NULL, err);
}

/* A message may come when the workflow has ended already: then it means nothing. */
static int apply_cancel_requested(struct core *core, const struct event *event, struct err *err)
{
	const char *reason = json_string_value(json_object_get(event->body, "reason"));

	match_time(core, event);
	if (core->status != CORE_RUNNING)
		return 0;
	return scope_cancel(core, &core->root, reason) < 0 ? err_nomem(err) : 0;
}

static int apply_run_cancelled(struct core *core, const struct event *event, struct err *err)
{
	return core->status == CORE_CANCELLED ? 0 : report_end(core, event, NULL, err);
}

/* Somebody ended it from outside: it fits any workflow. */
static int apply_run_terminated(struct core *core, const struct event *event, struct err *err)
{
	(void)core;
	(void)event;
	(void)err;
	return 0;
}

typedef int apply_fn(struct core *core, const struct event *event, struct err *err);

static apply_fn *const apply[EVENT_TYPES] = {
	[EVENT_RUN_STARTED] = apply_run_started,
	[EVENT_STEP_STARTED] = apply_step_started,
	[EVENT_STEP_COMPLETED] = apply_step_completed,
	[EVENT_STEP_FAILED] = apply_step_failed,
	[EVENT_TIMER_FIRED] = apply_timer_fired,
	[EVENT_SIDE_EFFECT] = apply_side_effect,
	[EVENT_RUN_COMPLETED] = apply_run_completed,
	[EVENT_RUN_FAILED] = apply_run_failed,
	[EVENT_RUN_TERMINATED] = apply_run_terminated,
	[EVENT_TAGS_SET] = match_tags_set,
	[EVENT_LOCK_ACQUIRED] = match_lock_acquired,
	[EVENT_LOCK_LET_GO] = match_lock_let_go,
	[EVENT_RUN_CANCELLED] = apply_run_cancelled,
	[EVENT_CANCEL_REQUESTED] = apply_cancel_requested,
	[EVENT_SIGNAL_RECEIVED] = match_signal_received,
	[EVENT_SIGNAL_SENT] = match_signal_sent,
	[EVENT_UPDATE_ACCEPTED] = match_update_accepted,
	[EVENT_UPDATE_COMPLETED] = match_update_completed,
	[EVENT_PATCHED] = evolve_apply,
	[EVENT_VERSION] = evolve_apply,
	[EVENT_RUN_CONTINUED] = continue_apply_continued,
	[EVENT_CHILD_STARTED] = child_apply_started,
	[EVENT_CHILD_CLOSED] = child_apply_closed,
};

int match_event(struct core *core, const struct event *event, struct err *err)
{
	apply_fn *fn = event->type < EVENT_TYPES ? apply[event->type] : NULL;

	if (!fn)
		return err_set(err, ERR_NEWER, "event %llu (%s) is of a newer wf",
			       (unsigned long long)event->seq, event_type_name(event->type));
	if (!core->started && event->type != EVENT_RUN_STARTED &&
	    event->type != EVENT_RUN_TERMINATED && event->type != EVENT_RUN_FAILED)
		return err_set(err, ERR_DAMAGED, "event %llu (%s) comes before run_started",
			       (unsigned long long)event->seq, event_type_name(event->type));
	return fn(core, event, err);
}
