/* SPDX-License-Identifier: MIT */
#include "why_words.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/engine/status.h"
#include "../lib/model/event.h"
#include "describe.h"
#include "text.h"
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	return text ? text : "";
}

static long long number_of(const json_t *object, const char *member)
{
	return (long long)json_integer_value(json_object_get(object, member));
}

static void line(struct buf *out, const char *name)
{
	buf_addf(out, "%-10s", name);
}

/* "event 12 (2026-11-22 03:00:00): signal 'go'" */
static void add_event(struct buf *out, const json_t *body)
{
	struct err ignored = ERR_INIT;
	struct event event;

	if (event_of_json(&event, (json_t *)(uintptr_t)body, &ignored) < 0)
		return;
	buf_addf(out, "event %llu (", (unsigned long long)event.seq);
	describe_time(out, event.at);
	buf_adds(out, "): ");
	timeline_text(out, &event);
	event_release(&event);
}

static void event_line(struct buf *out, const char *name, const char *before, const json_t *body)
{
	if (!body)
		return;
	line(out, name);
	buf_adds(out, before);
	add_event(out, body);
	buf_addc(out, '\n');
}

static void head(struct buf *out, const char *run, const json_t *command)
{
	const char *kind = text_of(command, "kind"), *name = text_of(command, "name");
	long long generation = number_of(command, "generation");

	for (; *kind; kind++)
		buf_addc(out, *kind == '_' ? ' ' : *kind);
	if (*name) {
		buf_adds(out, " '");
		text_line(out, name);
		buf_addc(out, '\'');
	}
	buf_addf(out, ", command %lld of run '%s'", number_of(command, "cmd"), run);
	if (generation > 1)
		buf_addf(out, ", generation %lld", generation);
	buf_addc(out, '\n');
}

static void where(struct buf *out, const json_t *frame)
{
	const char *function = text_of(frame, "function"), *file = text_of(frame, "file");
	const char *slash = strrchr(file, '/');

	if (!*function && !*file)
		return;
	line(out, "where");
	text_line(out, *function ? function : "?");
	if (*file) {
		buf_adds(out, ", ");
		text_line(out, slash ? slash + 1 : file);
		buf_addf(out, ":%lld", number_of(frame, "line"));
	}
	buf_addc(out, '\n');
}

static void failures(struct buf *out, const json_t *command)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(command, "failures"), i, one) {
		line(out, "failed");
		buf_addf(out, "attempt %lld (", number_of(one, "attempt"));
		describe_time(out, number_of(one, "at"));
		buf_adds(out, "): ");
		describe_failure(out, one);
		buf_addc(out, '\n');
	}
}

static void drivers(struct buf *out, const json_t *command)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(command, "again"), i, one)
		event_line(out, "again",
			   json_is_true(json_object_get(one, "rested"))
				   ? "still without an outcome: "
				   : "asked for again, for its outcome was not recorded: ",
			   one);
}

static void cancelled(struct buf *out, const json_t *cancelled)
{
	const json_t *scope = json_object_get(cancelled, "scope");
	const char *how = text_of(cancelled, "on_cancel"), *reason = text_of(cancelled, "reason");

	if (!cancelled)
		return;
	line(out, "cancelled");
	if (!scope)
		buf_adds(out, "nobody waits for it any more");
	else if (json_integer_value(scope) == 0)
		buf_adds(out, "with the run");
	else
		buf_addf(out, "with scope %lld of the workflow",
			 (long long)json_integer_value(scope));
	if (*reason) {
		buf_adds(out, " (");
		text_line(out, reason);
		buf_addc(out, ')');
	}
	buf_adds(out, ", behind ");
	add_event(out, json_object_get(cancelled, "after"));
	buf_adds(out, strcmp(how, "wait") == 0      ? "; its outcome is waited for"
		      : strcmp(how, "abandon") == 0 ? "; it was not asked to stop"
						    : "");
	buf_addc(out, '\n');
}

/* "attempt 2 of at most 5" */
static void attempt(struct buf *out, const json_t *command)
{
	long long most = number_of(command, "attempts_most");

	buf_addf(out, "attempt %lld", number_of(command, "attempt"));
	if (most)
		buf_addf(out, " of at most %lld", most);
}

static void waits_for_turn(struct buf *out, const json_t *waits)
{
	const json_t *limit = json_object_get(waits, "limit");

	if (limit)
		buf_addf(out, " waits for a place: at most %lld run at once",
			 (long long)json_integer_value(limit));
	else
		buf_addf(out, " waits for its turn: at most %g begin in a second",
			 json_number_value(json_object_get(waits, "rate")));
	if (!limit) {
		buf_adds(out, ", this one at ");
		describe_time(out, number_of(waits, "until"));
	}
}

static void holders(struct buf *out, const json_t *lock)
{
	json_t *one;
	size_t i;

	json_array_foreach (json_object_get(lock, "holders"), i, one)
		buf_addf(out, "%s run '%s'", i ? "," : "; it is held by", text_of(one, "run"));
	if (!json_array_size(json_object_get(lock, "holders")))
		buf_adds(out, "; nobody holds it: the next driver of this run gets it");
}

static void step_now(struct buf *out, const json_t *command, const char *state)
{
	attempt(out, command);
	if (strcmp(state, "running") == 0)
		buf_addf(out, " runs, under process %lld", number_of(command, "driver"));
	else if (strcmp(state, "outside") == 0)
		buf_adds(out, " waits to be completed from outside ('wf complete')");
	else if (strcmp(state, "lost") == 0)
		buf_adds(out, " was the only one it may have, and its driver died: it will fail "
			      "as interrupted");
	else if (strcmp(state, "waiting") == 0)
		waits_for_turn(out, json_object_get(command, "waits"));
	else if (strcmp(state, "retrying") == 0)
		buf_adds(out, " comes after the one that failed, at ");
	else
		buf_adds(out, " begins when the run is driven on: nobody drives it now");
	if (strcmp(state, "retrying") == 0)
		describe_time(out, number_of(command, "due"));
}

static void now(struct buf *out, const json_t *command)
{
	const char *state = text_of(command, "state"), *kind = text_of(command, "kind");

	if (json_object_get(command, "outcome"))
		return;
	line(out, "now");
	if (strcmp(state, "dropped") == 0) {
		buf_adds(out, "no outcome: the run ended before, by ");
		add_event(out, json_object_get(command, "dropped"));
	} else if (strcmp(kind, "step") == 0) {
		step_now(out, command, state);
	} else if (strcmp(kind, "lock") == 0) {
		buf_adds(out, "waits for the lock");
		holders(out, json_object_get(command, "lock"));
	} else if (strcmp(kind, "timer") == 0) {
		buf_adds(out, "waits until ");
		describe_time(out, number_of(command, "until"));
	} else {
		buf_adds(out, "no outcome so far");
	}
	buf_addc(out, '\n');
}

/* Why a failure was the last. */
static void no_more(struct buf *out, const json_t *command)
{
	const json_t *outcome = json_object_get(command, "outcome"),
		     *error = json_object_get(outcome, "error");
	long long most = number_of(command, "attempts_most");

	if (strcmp(text_of(command, "state"), "failed") != 0)
		return;
	if (json_is_true(json_object_get(error, "permanent")))
		buf_adds(out, "; it said that trying again is of no use");
	else if (most && number_of(outcome, "attempt") >= most)
		buf_addf(out, "; no more than %lld attempt%s allowed", most,
			 most == 1 ? " is" : "s are");
}

static void outcome(struct buf *out, const char *run, const json_t *command)
{
	const json_t *body = json_object_get(command, "outcome");
	long long reused = number_of(command, "reused");

	if (!body)
		return;
	line(out, "outcome");
	add_event(out, body);
	if (json_is_true(json_object_get(body, "stub")))
		buf_adds(out, "; a stub stood in for it");
	no_more(out, command);
	if (number_of(body, "attempt") > 1) {
		buf_addf(out, "; 'wf log %s ", run);
		text_shell(out, text_of(command, "name"));
		buf_adds(out, "' has what each attempt wrote");
	}
	buf_addc(out, '\n');
	if (!reused)
		return;
	line(out, "since");
	buf_addf(out,
		 "%lld later driver%s took this outcome from the history; it did not run again\n",
		 reused, reused == 1 ? "" : "s");
}

void why_words(struct buf *out, const char *run, const json_t *command)
{
	head(out, run, command);
	event_line(out, "asked for", "behind ", json_object_get(command, "asked"));
	where(out, json_object_get(command, "where"));
	event_line(out, "started", "", json_object_get(command, "started"));
	failures(out, command);
	drivers(out, command);
	cancelled(out, json_object_get(command, "cancelled"));
	now(out, command);
	outcome(out, run, command);
}

void why_never_words(struct buf *out, const char *step, const struct run_summary *run,
		     const json_t *waiting, const json_t *end)
{
	buf_adds(out, "step '");
	text_line(out, step);
	buf_addf(out, "' of run '%s' was never asked for\n", run->id);
	line(out, "now");
	if (end) {
		buf_adds(out, "the run has ended by ");
		add_event(out, end);
	} else {
		buf_addf(out, "the run is %s", run_status_name(run->status));
		if (json_array_size(waiting)) {
			buf_adds(out, "; its workflow waits for ");
			describe_waits(out, waiting);
		}
		if (run->error) {
			buf_adds(out, ": ");
			describe_failure(out, run->error);
		}
	}
	buf_addc(out, '\n');
}
