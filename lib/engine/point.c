/* SPDX-License-Identifier: MIT */
#include "point.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../store/history_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seeking {
	const char *step; /* NULL: any */
	char *quoted;     /* as it is in a line, to look for before parsing */
	bool failures;    /* only these */
	json_t *started;  /* command -> event of its step_started */
	uint64_t found;   /* the first event of the step that was found last */
	uint64_t begun, ended, last;
	unsigned resets;
};

void point_release(struct point *point)
{
	json_decref(point->behind);
	point->behind = NULL;
}

static int note_step(struct seeking *s, const struct event *event, struct err *err)
{
	const char *name = json_string_value(json_object_get(event->body, "step"));
	char cmd[24];
	json_t *started;

	if (s->step && (!name || strcmp(name, s->step) != 0))
		return 0;
	snprintf(cmd, sizeof cmd, "%llu", (unsigned long long)event->cmd);
	if (event->type == EVENT_STEP_STARTED)
		return json_object_set_new(s->started, cmd, json_integer((json_int_t)event->seq)) <
				       0
			       ? err_nomem(err)
			       : 0;
	if (s->failures && event->type != EVENT_STEP_FAILED)
		return 0;
	started = json_object_get(s->started, cmd);
	s->found = started ? (uint64_t)json_integer_value(started) : event->seq;
	return 0;
}

static int look_at(void *arg, uint64_t seq, enum event_type type, const char *line, size_t n,
		   struct err *err)
{
	struct seeking *s = arg;
	bool step = type == EVENT_STEP_COMPLETED || type == EVENT_STEP_FAILED ||
		    type == EVENT_STEP_STARTED;
	struct event event;
	int rc;

	s->last = seq;
	s->begun = type == EVENT_RUN_STARTED && !s->begun ? seq : s->begun;
	if (event_ends_run(type))
		s->ended = seq;
	if (type != EVENT_RUN_RESET &&
	    (!step || !s->quoted || !memmem(line, n, s->quoted, strlen(s->quoted))))
		return 0;
	rc = event_decode(&event, line, n, err);
	if (rc < 0)
		return rc;
	if (type == EVENT_RUN_RESET)
		s->resets = (unsigned)json_integer_value(json_object_get(event.body, "count"));
	else
		rc = note_step(s, &event, err);
	event_release(&event);
	return rc;
}

static int resolve(const struct seeking *s, const char *word, uint64_t number, struct point *ret,
		   struct err *err)
{
	uint64_t end = s->ended ? s->ended - 1 : s->last;

	if (!s->begun)
		return err_set(err, ERR_USAGE, "the run has not begun yet");
	if (number) {
		if (number < s->begun || number > end)
			return err_set(
				err, ERR_USAGE,
				"there is no event %s to go on from: it is one from %llu to %llu",
				word, (unsigned long long)s->begun, (unsigned long long)end);
		ret->seq = number;
	} else if (strcmp(word, "last") == 0) {
		ret->seq = end;
	} else if (!s->found) {
		return s->failures ? err_set(err, ERR_USAGE, "no step of the run has failed")
				   : err_set(err, ERR_USAGE,
					     "no step '%s' of the run has an outcome", word);
	} else {
		ret->seq = s->found - 1;
	}
	ret->last = s->last;
	ret->resets = s->resets;
	return 0;
}

/* ---- what was received after it */

struct gathering {
	uint64_t from;
	json_t *messages;
};

static int gather(void *arg, uint64_t seq, enum event_type type, const char *line, size_t n,
		  struct err *err)
{
	struct gathering *g = arg;
	struct event event;
	int rc;

	if (seq <= g->from || (type != EVENT_SIGNAL_RECEIVED && type != EVENT_UPDATE_ACCEPTED))
		return 0;
	if (event_decode(&event, line, n, err) < 0)
		return -err->code;
	rc = json_array_append(g->messages, event.body);
	event_release(&event);
	return rc < 0 ? err_nomem(err) : 0;
}

static int prepare(struct seeking *s, const char *word, uint64_t number, struct err *err)
{
	json_t *name;

	s->failures = strcmp(word, "last-failure") == 0;
	s->started = json_object();
	if (!number && !s->failures && strcmp(word, "last") != 0)
		s->step = word;
	if (s->failures)
		s->quoted = strdup("\"step\"");
	if (s->step) {
		name = json_string(word);
		s->quoted = name ? dump_json(name, JSON_ENCODE_ANY) : NULL;
		json_decref(name);
		if (!str_utf8(word, strlen(word)))
			return err_set(err, ERR_USAGE, "'%s' names no step: it is not UTF-8", word);
	}
	return s->started && (s->quoted || (!s->step && !s->failures)) ? 0 : err_nomem(err);
}

int point_find(struct point *ret, struct os *os, const char *dir, const char *word, struct err *err)
{
	struct seeking s = {.step = NULL};
	struct point point = {.behind = json_array()};
	bool digits = *word && strspn(word, "0123456789") == strlen(word) && strlen(word) < 19;
	uint64_t number = digits ? strtoull(word, NULL, 10) : 0;
	struct gathering g = {.messages = point.behind};
	int rc = !*word || (digits && !number)
			 ? err_set(err, ERR_USAGE, "'%s' is no event and no step", word)
			 : prepare(&s, word, number, err);

	if (rc == 0 && !point.behind)
		rc = err_nomem(err);
	if (rc == 0)
		rc = history_scan(os, dir, look_at, &s, err);
	if (rc == 0)
		rc = resolve(&s, word, number, &point, err);
	g.from = point.seq;
	if (rc == 0)
		rc = history_scan(os, dir, gather, &g, err);
	free(s.quoted);
	json_decref(s.started);
	if (rc < 0)
		point_release(&point);
	else
		*ret = point;
	return rc;
}
