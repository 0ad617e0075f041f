/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../model/child.h"
#include "describe.h"
#include "difference.h"

#include <string.h>

#define VALUE_MOST 140
#define OPEN_MOST 3

/* The text of one disagreement. */
struct report {
	struct buf summary, expected, actual, cause;
};

static const char *text(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* First line: one sentence. Then each side, and what it comes from. */
static int report(struct report *r, const struct event *event, struct err *err)
{
	int rc;

	if (buf_ok(&r->summary) && buf_ok(&r->expected) && buf_ok(&r->actual) && buf_ok(&r->cause))
		rc = err_set(err, ERR_NONDETERMINISTIC,
			     "event %llu (%s) does not fit the workflow: %s\n"
			     "  expected (history):  %s\n"
			     "  actual (workflow):   %s\n"
			     "  likely cause:        %s",
			     (unsigned long long)event->seq, event_type_name(event->type),
			     text(&r->summary), text(&r->expected), text(&r->actual),
			     text(&r->cause));
	else
		rc = err_nomem(err);
	buf_release(&r->summary);
	buf_release(&r->expected);
	buf_release(&r->actual);
	buf_release(&r->cause);
	return rc;
}

static const char *kind_words(enum command_kind kind)
{
	switch (kind) {
	case COMMAND_STEP:
		return "step";
	case COMMAND_TIMER:
		return "a timer";
	case COMMAND_SIDE_EFFECT:
		return "a side effect";
	case COMMAND_TELL:
		return "a tag, memo or details";
	case COMMAND_ACQUIRE:
		return "lock";
	case COMMAND_LET_GO:
		return "the letting go of lock";
	case COMMAND_SIGNAL:
		return "a signal";
	case COMMAND_CHILD:
		return "child run";
	default:
		return "a command";
	}
}

/* The command that an event of a tag or a lock answers; COMMAND_STEP: another. */
static enum command_kind report_kind_of(enum event_type type)
{
	return type == EVENT_TAGS_SET        ? COMMAND_TELL
	       : type == EVENT_LOCK_ACQUIRED ? COMMAND_ACQUIRE
	       : type == EVENT_LOCK_LET_GO   ? COMMAND_LET_GO
					     : COMMAND_STEP;
}

static void report_fields(enum command_kind kind, const json_t *fields, struct buf *out)
{
	static const char *const members[] = {"tags", "memo", "details"};
	const char *lock = json_string_value(json_object_get(fields, "lock"));

	if (lock)
		buf_addf(out, " '%s'", lock);
	for (size_t i = 0; kind == COMMAND_TELL && i < 3; i++) {
		const json_t *value = json_object_get(fields, members[i]);

		if (value) {
			buf_addf(out, ", %s ", members[i]);
			describe_short(value, VALUE_MOST, out);
		}
	}
}

static void report_told(const struct event *event, struct buf *out)
{
	enum command_kind kind = report_kind_of(event->type);

	buf_adds(out, kind_words(kind));
	report_fields(kind, event->body, out);
}

void report_entry(const struct entry *entry, struct buf *out)
{
	buf_adds(out, kind_words(entry->command.kind));
	if (entry->command.kind == COMMAND_STEP)
		buf_addf(out, " '%s'", entry->step.name);
	report_fields(entry->command.kind, entry->fields, out);
	if (entry->command.kind == COMMAND_SIGNAL)
		buf_addf(out, " '%s' to run '%s'", entry->name, entry->run);
	else if (entry->command.kind == COMMAND_CHILD)
		buf_addf(out, " '%s' of workflow '%s'", entry->child->id, entry->child->workflow);
}

static void add_input(const json_t *input, struct buf *out)
{
	buf_adds(out, ", input ");
	describe_short(input, VALUE_MOST, out);
}

static const char *text_member(const struct event *event, const char *name)
{
	const char *value = json_string_value(json_object_get(event->body, name));

	return value ? value : "?";
}

/* What the event answers, with its input if that matters. */
static void add_event(const struct event *event, bool with_input, struct buf *out)
{
	const char *step = json_string_value(json_object_get(event->body, "step"));
	const char *digest = json_string_value(json_object_get(event->body, "input_sha256"));
	const json_t *input = json_object_get(event->body, "input");

	if (event->type == EVENT_SIGNAL_SENT) {
		const char *run = json_string_value(json_object_get(event->body, "run"));
		const char *name = json_string_value(json_object_get(event->body, "name"));
		buf_addf(out, "signal '%s' to run '%s'", name ? name : "?", run ? run : "?");
	} else if (event->type == EVENT_TIMER_FIRED)
		buf_adds(out, "a timer");
	else if (event->type == EVENT_SIDE_EFFECT)
		buf_adds(out, "a side effect");
	else if (event->type == EVENT_CHILD_STARTED || event->type == EVENT_CHILD_CLOSED)
		buf_addf(out, "child run '%s' of workflow '%s'", text_member(event, "child"),
			 text_member(event, "workflow"));
	else if (report_kind_of(event->type) != COMMAND_STEP)
		report_told(event, out);
	else
		buf_addf(out, "step '%s'", step ? step : "?");
	if (with_input && input)
		add_input(input, out);
	else if (with_input && digest)
		buf_addf(out, ", input with SHA-256 %s", digest);
}

static void add_ending(const struct core *core, struct buf *out)
{
	if (core->status == CORE_COMPLETED)
		buf_adds(out, "it has ended: completed");
	else if (core->status == CORE_CONTINUED)
		buf_adds(out, "it goes on as a new generation");
	else
		buf_adds(out, "it has ended: failed");
	if (core->status == CORE_FAILED) {
		const char *type = json_string_value(json_object_get(core->error, "type"));
		const char *message = json_string_value(json_object_get(core->error, "message"));
		buf_addf(out, " (%s: %.200s)", type ? type : "?", message ? message : "");
	}
}

/* What it waits for, some of it. */
static void add_open(const struct core *core, struct buf *out)
{
	const struct entry *entry = core->commands.open.first;
	int n = 0;

	if (!entry) {
		buf_adds(out, "it waits, and for no command");
		return;
	}
	buf_adds(out, "it waits for ");
	for (; entry && n < OPEN_MOST; entry = entry->next, n++) {
		if (n)
			buf_adds(out, ", ");
		report_entry(entry, out);
		buf_addf(out, " (command %llu)", (unsigned long long)entry->command.id);
	}
	if (entry)
		buf_adds(out, ", ...");
}

int report_not_asked(const struct core *core, const struct event *event, struct err *err)
{
	struct report r = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
	bool ended = core->status != CORE_RUNNING;

	add_event(event, false, &r.summary);
	buf_addf(&r.summary,
		 ended ? " is recorded as command %llu, but the workflow has ended"
		       : " is recorded as command %llu, but the workflow has not asked for it",
		 (unsigned long long)event->cmd);
	add_event(event, true, &r.expected);
	if (ended) {
		add_ending(core, &r.actual);
		buf_addf(&r.actual, " after %llu commands",
			 (unsigned long long)core->commands.last);
		buf_adds(&r.cause,
			 "a step or wait was removed, or the workflow returns earlier than it did");
	} else {
		buf_addf(&r.actual, "it has asked for %llu commands; ",
			 (unsigned long long)core->commands.last);
		add_open(core, &r.actual);
		buf_adds(&r.cause,
			 "a step or wait was inserted before this one, or this one was removed, "
			 "or asked for only after another's outcome");
	}
	return report(&r, event, err);
}

/* The command elsewhere that the event would fit; NULL: none. */
static const struct entry *find_fitting(const struct core *core, const struct event *event)
{
	const char *step = json_string_value(json_object_get(event->body, "step"));
	const json_t *input = json_object_get(event->body, "input");

	for (const struct entry *e = core->commands.open.first; e; e = e->next)
		if (step && e->command.kind == COMMAND_STEP && strcmp(e->step.name, step) == 0 &&
		    e->command.id != event->cmd && (!input || json_equal(input, e->step.input)))
			return e;
	return NULL;
}

static bool same_step(const struct event *event, const struct entry *entry)
{
	const char *step = json_string_value(json_object_get(event->body, "step"));

	return step && entry->command.kind == COMMAND_STEP && strcmp(step, entry->step.name) == 0;
}

static void explain_input(const struct core *core, const struct event *event,
			  const struct entry *entry, struct report *r)
{
	const json_t *input = json_object_get(event->body, "input");
	struct buf path = BUF_INIT;
	struct difference d;

	buf_addf(&r->summary, "the input of step '%s' (command %llu) differs", entry->step.name,
		 (unsigned long long)event->cmd);
	if (!input) {
		buf_adds(&r->cause,
			 "the input depends on something that is not in the history, or the code "
			 "that makes it has changed");
		return;
	}
	d = difference_find(input, entry->step.input, &path);
	if (path.len) {
		buf_addf(&r->summary, " at %.200s: ", path.data);
		if (d.expected)
			describe_short(d.expected, 60, &r->summary);
		else
			buf_adds(&r->summary, "nothing");
		buf_adds(&r->summary, " is recorded, ");
		if (d.actual)
			describe_short(d.actual, 60, &r->summary);
		else
			buf_adds(&r->summary, "nothing");
		buf_adds(&r->summary, " is given");
	}
	buf_adds(&r->cause, difference_cause(&d, core->created));
	buf_release(&path);
}

static void explain_kind(const struct core *core, const struct event *event,
			 const struct entry *entry, struct report *r)
{
	const struct entry *fitting = find_fitting(core, event);

	add_event(event, false, &r->summary);
	buf_addf(&r->summary, " is recorded as command %llu, but the workflow asks for ",
		 (unsigned long long)event->cmd);
	report_entry(entry, &r->summary);
	if (fitting)
		buf_addf(&r->cause,
			 "the order has changed: the workflow asks for it as command %llu",
			 (unsigned long long)fitting->command.id);
	else
		buf_adds(&r->cause,
			 "a step or wait was inserted, removed, renamed or reordered at or before "
			 "this point, or what decides between them is not in the history");
}

int report_other(const struct core *core, const struct event *event, const struct entry *entry,
		 struct err *err)
{
	struct report r = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};

	add_event(event, true, &r.expected);
	report_entry(entry, &r.actual);
	if (entry->command.kind == COMMAND_STEP)
		add_input(entry->step.input, &r.actual);
	else if (entry->command.kind == COMMAND_CHILD)
		add_input(entry->child->input, &r.actual);
	if (same_step(event, entry))
		explain_input(core, event, entry, &r);
	else
		explain_kind(core, event, entry, &r);
	return report(&r, event, err);
}

int report_twice(const struct core *core, const struct event *event, struct err *err)
{
	struct report r = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};

	(void)core;
	add_event(event, false, &r.summary);
	buf_addf(&r.summary, " is recorded as command %llu, which has its outcome already",
		 (unsigned long long)event->cmd);
	add_event(event, true, &r.expected);
	buf_adds(&r.actual, "a command has one outcome");
	buf_adds(&r.cause, "the history was put together from two runs, or edited");
	return report(&r, event, err);
}

int report_end(const struct core *core, const struct event *event, const json_t *result,
	       struct err *err)
{
	struct report r = {BUF_INIT, BUF_INIT, BUF_INIT, BUF_INIT};
	const char *type =
		json_string_value(json_object_get(json_object_get(event->body, "error"), "type"));

	if (core->status == CORE_RUNNING) {
		buf_adds(&r.summary, "the run has ended, but the workflow has not");
		add_open(core, &r.actual);
		buf_adds(&r.cause,
			 "a step or wait was added at the end, or a wait is longer than it was");
	} else if (core->status == CORE_COMPLETED && event->type == EVENT_RUN_COMPLETED) {
		buf_adds(&r.summary, "the result differs");
		buf_adds(&r.actual, "result ");
		describe_short(core->result, VALUE_MOST, &r.actual);
		buf_adds(&r.cause,
			 "the result depends on something that is not in the history, or the code "
			 "that makes it has changed");
	} else {
		buf_adds(&r.summary, "the workflow has ended in another way");
		add_ending(core, &r.actual);
		buf_adds(&r.cause, "what is thrown, or what decides about it, has changed");
	}
	if (result) {
		buf_adds(&r.expected, "result ");
		describe_short(result, VALUE_MOST, &r.expected);
	} else {
		buf_addf(&r.expected, "%s%s%s", event_type_name(event->type), type ? ": " : "",
			 type ? type : "");
	}
	return report(&r, event, err);
}
