/* SPDX-License-Identifier: MIT */
/* The history of a run: every line, and what the events name. */
#include "fsck_internal.h"

#include "../base/str.h"
#include "../model/told.h"

#include <stdlib.h>
#include <string.h>

static void on_line(void *arg, const char *file, unsigned long line, const char *what, bool torn)
{
	struct look *l = arg;
	const char *name = file + strlen(l->path) + 1;

	if (torn)
		problem_add(&l->problems, false, FIX_TAIL, name,
			    "'%s' line %lu: %s: a torn tail, of which nobody was told", file, line,
			    what);
	else if (line)
		problem_add(&l->problems, true, FIX_SEGMENT, name, "'%s' line %lu: %s", file, line,
			    what);
	else
		problem_add(&l->problems, true, FIX_SEGMENT, name, "'%s': %s", file, what);
}

/* A value of the history, or several, are in payloads/. */
static int take_names(struct look *l, const json_t *body)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)body, key, value)
		if (json_is_string(value) && str_ends(key, "_file") &&
		    json_object_set_new(l->payloads, json_string_value(value), json_true()) < 0)
			return -1;
	value = json_object_get(body, "message");
	return json_is_string(value) && json_object_set_new(l->messages, json_string_value(value),
							    json_true()) < 0
		       ? -1
		       : 0;
}

/* What comes behind an end, other than a note, has undone it. */
static void take_end(struct look *l, const struct event *event)
{
	bool ends = event_ends_run(event->type);

	if (!ends && event_is_note(event->type) && event->type != EVENT_RUN_RESET)
		return;
	if (l->ended)
		event_release(&l->end);
	l->ended = ends;
	if (ends) {
		l->end = *event;
		json_incref(l->end.body);
	}
}

/* The segment that an err speaks of. New, or NULL. */
static char *segment_of(const struct look *l, const struct err *why)
{
	const char *at = strstr(why->text, l->path), *end;

	at = at ? at + strlen(l->path) + 1 : NULL;
	end = at ? strstr(at, ".jsonl'") : NULL;
	return end ? strndup(at, (size_t)(end - at) + strlen(".jsonl")) : NULL;
}

static int read_events(struct look *l, struct history *h, struct err *err)
{
	struct err why = ERR_INIT;
	struct event event;
	int rc;

	while ((rc = history_read(h, &event, &why)) > 0) {
		int taken = take_names(l, event.body);

		if (taken == 0 && l->told && event.type == EVENT_TAGS_SET)
			taken = told_apply(l->told, event.body);
		take_end(l, &event);
		event_release(&event);
		if (taken < 0)
			return err_nomem(err);
	}
	if (rc < 0 && why.code == ERR_NOMEM)
		return err_nomem(err);
	l->sound = rc == 0;
	l->steps = history_steps(h);
	l->position = history_position(h);
	if (history_module(h))
		memcpy(l->module, history_module(h), sizeof l->module);
	/* what is wrong with lines was told by history_verify */
	if (rc < 0 && !problems_have(&l->problems, FIX_SEGMENT)) {
		char *file = segment_of(l, &why);

		problem_add_err(&l->problems, FIX_SEGMENT, file, &why);
		free(file);
	}
	return 0;
}

int look_at_history(struct look *l, struct err *err)
{
	struct history_options options = {.writable = false, .run = l->id};
	struct os *os = l->fsck->state->os;
	struct history *h = NULL;
	struct err why = ERR_INIT;
	char *dir = look_path(l, "history");
	int rc = dir ? history_verify(os, dir, on_line, l, &why) : err_nomem(err);

	if (rc < 0 && why.code == ERR_NOMEM)
		rc = err_nomem(err);
	else if (rc < 0 && dir) {
		problem_add_err(&l->problems, FIX_NONE, "history", &why);
		rc = 0;
	} else if (dir) {
		rc = history_open(&h, os, dir, &options, err);
		if (rc == 0)
			rc = read_events(l, h, err);
		history_close(h);
	}
	free(dir);
	return rc;
}
