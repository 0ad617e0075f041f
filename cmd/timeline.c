/* SPDX-License-Identifier: MIT */
#include "timeline.h"

#include "../lib/base/buf.h"
#include "../lib/model/event.h"
#include "describe.h"
#include "output.h"
#include "text.h"
#include "timeline_more.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

static const char *text_of(const struct event *e, const char *member)
{
	const char *text = json_string_value(json_object_get(e->body, member));

	return text ? text : "";
}

static void value(struct buf *out, const struct event *e, const char *member)
{
	describe_json(out, " ", json_object_get(e->body, member));
}

static void outcome(struct buf *out, const struct event *e, const char *word)
{
	json_int_t attempt = json_integer_value(json_object_get(e->body, "attempt"));
	const json_t *us = json_object_get(e->body, "us"),
		     *error = json_object_get(e->body, "error");

	text_line(out, text_of(e, "step"));
	buf_addf(out, ": %s", word);
	if (error) {
		buf_adds(out, ": ");
		describe_failure(out, error);
	}
	if (!us && attempt <= 1)
		return;
	buf_adds(out, " (");
	if (attempt > 1)
		buf_addf(out, "attempt %lld%s", (long long)attempt, us ? ", " : "");
	if (us)
		describe_us(out, json_integer_value(us));
	buf_addc(out, ')');
}

static void ended(struct buf *out, const struct event *e, const char *word)
{
	const json_t *error = json_object_get(e->body, "error");

	buf_adds(out, word);
	if (error) {
		buf_adds(out, ": ");
		describe_failure(out, error);
	}
	value(out, e, "result");
	if (*text_of(e, "reason")) {
		buf_adds(out, ": ");
		text_line(out, text_of(e, "reason"));
	}
}

static void named(struct buf *out, const struct event *e, const char *what, const char *member)
{
	buf_addf(out, "%s ", what);
	text_line(out, text_of(e, member));
}

static void resumed(struct buf *out, const struct event *e)
{
	buf_addf(out, "resumed by process %lld on ",
		 (long long)json_integer_value(json_object_get(e->body, "pid")));
	text_line(out, text_of(e, "host"));
}

static void module_changed(struct buf *out, const struct event *e)
{
	buf_addf(out, "goes on with other code: module %.12s in place of %.12s", text_of(e, "to"),
		 text_of(e, "from"));
}

static void suspended(struct buf *out, const struct event *e)
{
	buf_adds(out, "suspended: waits for ");
	describe_waits(out, json_object_get(e->body, "waiting"));
}

/* What is told of a type that has no words of its own: its name, and its fields. */
static void other(struct buf *out, const struct event *e)
{
	static const char *const known[] = {"seq", "at", "type", "crc", "batch", "cmd"};
	const char *key;
	json_t *member;

	buf_adds(out, event_type_name(e->type));
	json_object_foreach (e->body, key, member) {
		size_t i = 0;

		while (i < sizeof known / sizeof *known && strcmp(known[i], key) != 0)
			i++;
		if (i < sizeof known / sizeof *known)
			continue;
		buf_addc(out, ' ');
		text_line(out, key);
		buf_addc(out, ':');
		value(out, e, key);
	}
}

static void child(struct buf *out, const struct event *e)
{
	named(out, e, "child", "child");
	named(out, e, " of workflow", "workflow");
	if (e->type == EVENT_CHILD_STARTED) {
		buf_adds(out, ": started");
		return;
	}
	buf_adds(out, ": ");
	ended(out, e, text_of(e, "status"));
}

static void continued(struct buf *out, const struct event *e)
{
	buf_addf(out, "goes on as generation %lld:",
		 (long long)json_integer_value(json_object_get(e->body, "generation")));
	value(out, e, "input");
}

void timeline_text(struct buf *out, const struct event *e)
{
	switch (e->type) {
	case EVENT_RUN_STARTED:
		named(out, e, "started: workflow", "workflow");
		value(out, e, "input");
		break;
	case EVENT_STEP_STARTED:
		outcome(out, e,
			json_is_true(json_object_get(e->body, "outside")) ? "waits to be completed"
									  : "started");
		break;
	case EVENT_STEP_COMPLETED:
		outcome(out, e, "completed");
		break;
	case EVENT_STEP_FAILED:
		outcome(out, e, "failed");
		break;
	case EVENT_TIMER_FIRED:
		buf_adds(out, "timer fired");
		break;
	case EVENT_SIGNAL_RECEIVED:
		named(out, e, "signal", "name");
		value(out, e, "payload");
		break;
	case EVENT_CANCEL_REQUESTED:
		ended(out, e, "asked to stop");
		break;
	case EVENT_RUN_COMPLETED:
		ended(out, e, "completed:");
		break;
	case EVENT_RUN_FAILED:
		ended(out, e, "failed");
		break;
	case EVENT_RUN_CANCELLED:
		ended(out, e, "cancelled");
		break;
	case EVENT_RUN_TERMINATED:
		ended(out, e, "terminated");
		break;
	case EVENT_CHILD_STARTED:
	case EVENT_CHILD_CLOSED:
		child(out, e);
		break;
	case EVENT_RUN_CONTINUED:
		continued(out, e);
		break;
	case EVENT_RUN_SUSPENDED:
		suspended(out, e);
		break;
	case EVENT_MODULE_CHANGED:
		module_changed(out, e);
		break;
	case EVENT_RUN_RESUMED:
		resumed(out, e);
		break;
	default:
		if (!timeline_more(out, e))
			other(out, e);
		break;
	}
}

static enum tint tint_of(enum event_type type)
{
	switch (type) {
	case EVENT_STEP_COMPLETED:
	case EVENT_RUN_COMPLETED:
		return TINT_GREEN;
	case EVENT_STEP_FAILED:
	case EVENT_RUN_FAILED:
	case EVENT_RUN_CANCELLED:
	case EVENT_RUN_TERMINATED:
		return TINT_RED;
	default:
		return event_is_note(type) ? TINT_DIM : TINT_NONE;
	}
}

static void local_time(int64_t at, struct tm *ret)
{
	time_t seconds = (time_t)(at / 1000);

	if (!localtime_r(&seconds, ret))
		memset(ret, 0, sizeof *ret);
}

void timeline_day(struct buf *out, const struct event *e, bool color)
{
	struct tm tm;

	local_time(e->at, &tm);
	buf_addf(out, "%s%04d-%02d-%02d%s\n", tint(color, TINT_DIM), tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tint(color, TINT_NONE));
}

void timeline_add(struct buf *out, const struct event *e, unsigned columns, bool color)
{
	struct buf text = BUF_INIT;
	struct tm tm;
	size_t start = out->len;
	enum tint color_of = tint_of(e->type);

	local_time(e->at, &tm);
	buf_addf(out, "%6llu  %02d:%02d:%02d.%03d  ", (unsigned long long)e->seq, tm.tm_hour,
		 tm.tm_min, tm.tm_sec, (int)(e->at % 1000));
	size_t used = out->len - start;
	timeline_text(&text, e);
	if (buf_ok(&text) && text.len) {
		buf_adds(out, tint(color && color_of != TINT_NONE, color_of));
		text_add(out, text.data,
			 columns ? (columns > used ? columns - used : 0) : SIZE_MAX / 2);
		buf_adds(out, tint(color && color_of != TINT_NONE, TINT_NONE));
	}
	buf_addc(out, '\n');
	buf_release(&text);
}
