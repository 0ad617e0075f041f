/* SPDX-License-Identifier: MIT */
#include "describe.h"

#include "../lib/base/buf.h"
#include "../lib/engine/driver.h"
#include "../lib/model/dump.h"
#include "../lib/model/duration.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_WAITS 3
#define VALUE_COLUMNS 200

void describe_ms(struct buf *out, int64_t ms)
{
	char text[64];

	buf_adds(out, duration_format(ms, text, sizeof text));
}

void describe_json(struct buf *out, const char *before, const json_t *value)
{
	char *text = value ? dump_json(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	if (!text)
		return;
	buf_adds(out, before);
	text_add(out, text, VALUE_COLUMNS);
	free(text);
}

void describe_us(struct buf *out, int64_t us)
{
	if (us < 1000)
		buf_adds(out, "< 1 ms");
	else
		describe_ms(out, us / 1000);
}

void describe_time(struct buf *out, int64_t at)
{
	char text[64];

	buf_adds(out, time_format(at, text, sizeof text));
}

static const char *member(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

void describe_wait(struct buf *out, const json_t *wait)
{
	const char *kind = member(wait, "kind"), *name = member(wait, "name");
	const json_t *until = json_object_get(wait, "until");
	char words[40];

	snprintf(words, sizeof words, "%s", kind ? kind : "something");
	for (char *c = words; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	text_line(out, words);
	if (name && *name) {
		buf_adds(out, " '");
		text_line(out, name);
		buf_addc(out, '\'');
	}
	if (json_is_integer(until)) {
		buf_adds(out, " until ");
		describe_time(out, json_integer_value(until));
	}
}

void describe_waits(struct buf *out, const json_t *waits)
{
	size_t n = json_array_size(waits);

	for (size_t i = 0; i < n && i < MOST_WAITS; i++) {
		if (i)
			buf_adds(out, ", ");
		describe_wait(out, json_array_get(waits, i));
	}
	if (n > MOST_WAITS)
		buf_addf(out, ", %zu more", n - MOST_WAITS);
	if (!n)
		buf_adds(out, "nothing known");
}

/* Where the further lines of a report begin, which show both sides; NULL when there are none. */
static const char *report_lines(const json_t *error)
{
	const char *type = member(error, "type"), *message = member(error, "message");

	return type && message && strcmp(type, "nondeterministic") == 0 ? strchr(message, '\n')
									: NULL;
}

static void add_line(struct buf *out, const char *text, size_t n)
{
	char *line = strndup(text, n);

	text_line(out, line ? line : "");
	free(line);
}

void describe_report(struct buf *out, const json_t *error)
{
	const char *line = report_lines(error);

	while (line) {
		size_t n = strcspn(line + 1, "\n");

		buf_addc(out, '\n');
		add_line(out, line + 1, n);
		line = line[1 + n] ? line + 1 + n : NULL;
	}
}

void describe_failure(struct buf *out, const json_t *error)
{
	const char *report = report_lines(error);
	const char *type = member(error, "type"), *message = member(error, "message");
	const char *step = member(error, "step");
	json_int_t attempts = json_integer_value(json_object_get(error, "attempts"));

	if (json_is_string(error))
		message = json_string_value(error);
	if (type && *type) {
		text_line(out, type);
		buf_adds(out, message && *message ? ": " : "");
	}
	if (message)
		add_line(out, message, report ? (size_t)(report - message) : strlen(message));
	if (!type && !message)
		buf_adds(out, "no reason is known");
	if (!step || !*step)
		return;
	buf_adds(out, " (step '");
	text_line(out, step);
	buf_addc(out, '\'');
	if (attempts > 1)
		buf_addf(out, ", %lld attempts", (long long)attempts);
	buf_addc(out, ')');
}

static void outcome(struct buf *out, const struct progress *p, const char *word)
{
	text_line(out, p->step ? p->step : "step");
	buf_addf(out, ": %s", word);
	if (p->text && p->kind != PROGRESS_STEP_COMPLETED) {
		buf_adds(out, ": ");
		text_line(out, p->text);
	}
	buf_adds(out, " (");
	if (p->attempt > 1)
		buf_addf(out, "attempt %d, ", p->attempt);
	describe_us(out, p->us);
	buf_addc(out, ')');
}

static void retry(struct buf *out, const struct progress *p)
{
	text_line(out, p->step ? p->step : "step");
	buf_addf(out, ": attempt %d failed: ", p->attempt);
	text_line(out, p->text ? p->text : "no reason is known");
	buf_adds(out, "; again in ");
	describe_ms(out, p->wait_ms);
}

static void started(struct buf *out, const struct progress *p)
{
	text_line(out, p->run_id);
	if (p->replayed)
		buf_addf(out, ": goes on after %llu recorded step%s",
			 (unsigned long long)p->replayed, p->replayed == 1 ? "" : "s");
	else
		buf_adds(out, ": started");
}

/* Any other end is told, with its reason, when everything is over. */
static void run_ended(struct buf *out, const struct progress *p)
{
	if (p->end != DRIVE_COMPLETED)
		return;
	text_line(out, p->run_id);
	buf_adds(out, ": completed");
}

static void update(struct buf *out, const struct progress *p)
{
	static const char *const words[] = {"refused", "accepted", "completed", "failed"};

	buf_addf(out, "update ");
	text_line(out, p->step ? p->step : "");
	buf_addf(out, ": %s", words[p->attempt & 3]);
	if (p->text) {
		buf_adds(out, ": ");
		text_line(out, p->text);
	}
}

void describe_progress(struct buf *out, const struct progress *p)
{
	switch (p->kind) {
	case PROGRESS_RUN_STARTED:
		started(out, p);
		break;
	case PROGRESS_STEP_RETRY:
		retry(out, p);
		break;
	case PROGRESS_STEP_COMPLETED:
		outcome(out, p, "completed");
		break;
	case PROGRESS_STEP_FAILED:
		outcome(out, p, "failed");
		break;
	case PROGRESS_TIMER_STARTED:
		buf_adds(out, "timer: until ");
		describe_time(out, p->until);
		break;
	case PROGRESS_SIGNAL:
		buf_adds(out, "signal: ");
		text_line(out, p->step ? p->step : "");
		break;
	case PROGRESS_UPDATE:
		update(out, p);
		break;
	case PROGRESS_WAITING:
		buf_adds(out, "waits for ");
		describe_waits(out, p->detail);
		break;
	case PROGRESS_LOG:
		buf_adds(out, "log: ");
		text_line(out, p->text ? p->text : "");
		break;
	case PROGRESS_RUN_ENDED:
		run_ended(out, p);
		break;
	case PROGRESS_STEP_STARTED:
	case PROGRESS_STEP_BEGAN:
	case PROGRESS_HEARTBEAT:
	case PROGRESS_TIMER_FIRED:
		break;
	}
}
