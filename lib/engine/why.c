/* SPDX-License-Identifier: MIT */
#include "why.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../core/core.h"
#include "../model/event.h"
#include "../model/module.h"
#include "../store/history.h"
#include "../store/state.h"
#include "past.h"
#include "why_now.h"

#include <stdlib.h>
#include <string.h>

/* One command that is meant. */
struct told {
	uint64_t cmd;
	json_t *json; /* borrowed from why->commands */
	bool open;    /* no outcome so far */
};

struct finding {
	struct why *why;
	const char *name;
	uint64_t number; /* the name is one; 0: it is not */
	uint64_t before; /* the last command asked for before this event */
	uint64_t seq;    /* of the last event */
	struct told *v;
	size_t n, size;
	size_t first_open; /* all before have their outcome */
	size_t generation; /* the first that a driver asks for again */
	bool rested;       /* the run was suspended by the event before */
	struct err *err;
};

static const char *const kinds[] = {
	[COMMAND_STEP] = "step",     [COMMAND_TIMER] = "timer",
	[COMMAND_CHILD] = "child",   [COMMAND_SIDE_EFFECT] = "side_effect",
	[COMMAND_TELL] = "tags_set", [COMMAND_ACQUIRE] = "lock",
	[COMMAND_LET_GO] = "let_go", [COMMAND_SIGNAL] = "signal_sent",
};

/* The event as it is in the history, without what is of no use here. New. */
static json_t *brief(const struct event *event)
{
	json_t *copy = json_copy(event->body);

	json_object_del(copy, "crc");
	json_object_del(copy, "batch");
	return copy;
}

static int add(struct finding *f, uint64_t cmd, json_t *json)
{
	struct told *v = f->v;

	if (!json || json_array_append_new(f->why->commands, json) < 0)
		return err_nomem(f->err);
	if (f->n == f->size) {
		f->size = f->size ? 2 * f->size : 16;
		v = reallocarray(f->v, f->size, sizeof *v);
		if (!v)
			return err_nomem(f->err);
		f->v = v;
	}
	v[f->n++] = (struct told){.cmd = cmd, .json = json, .open = true};
	return 0;
}

static bool is_meant(const struct finding *f, uint64_t cmd, const char *name)
{
	return f->number ? cmd == f->number : name && strcmp(name, f->name) == 0;
}

static int know(struct finding *f, const char *name)
{
	if (json_object_get(f->why->names, name))
		return 0;
	return json_object_set_new(f->why->names, name, json_true()) < 0 ? err_nomem(f->err) : 0;
}

/* A command that the workflow asked for behind this event. */
static int asked(struct finding *f, struct core *core, uint64_t cmd, const struct event *event)
{
	struct core_asked a;
	const struct command *c;
	json_int_t most;

	if (!core_asked(core, cmd, &a))
		return 0;
	c = a.command;
	if (c->kind == COMMAND_STEP && know(f, a.name) < 0)
		return -f->err->code;
	if (!is_meant(f, cmd, a.name) || c->kind >= sizeof kinds / sizeof *kinds || !kinds[c->kind])
		return 0;
	most = c->step ? c->step->retry.attempts : 0;
	return add(f, cmd,
		   json_pack("{s:I, s:s, s:s*, s:i, s:o, s:o*, s:o*}", "cmd", (json_int_t)cmd,
			     "kind", kinds[c->kind], "name", a.name, "generation",
			     (int)core_generation(core), "asked", brief(event), "attempts_most",
			     most ? json_integer(most) : NULL, "until",
			     c->kind == COMMAND_TIMER ? json_integer(c->due) : NULL));
}

static int take_asked(struct finding *f, struct core *core, const struct event *event)
{
	uint64_t last = core_commands(core);
	int rc = 0;

	for (uint64_t cmd = f->before + 1; rc == 0 && cmd <= last; cmd++)
		rc = asked(f, core, cmd, event);
	f->before = last;
	return rc;
}

/* Without replay only what a line names is known to have been asked for. */
static int take_line(struct finding *f, const struct event *event)
{
	const char *name = json_string_value(json_object_get(event->body, "step"));

	if (!event->cmd || !name)
		return 0;
	if (know(f, name) < 0)
		return -f->err->code;
	for (size_t i = 0; i < f->n; i++)
		if (f->v[i].cmd == event->cmd)
			return 0;
	return is_meant(f, event->cmd, name)
		       ? add(f, event->cmd,
			     json_pack("{s:I, s:s, s:s}", "cmd", (json_int_t)event->cmd, "kind",
				       "step", "name", name))
		       : 0;
}

static int set_event(struct finding *f, struct told *t, const char *member,
		     const struct event *event)
{
	return json_object_set_new(t->json, member, brief(event)) < 0 ? err_nomem(f->err) : 0;
}

/* Another driver took over: what has no outcome is asked for once more, what has one is not. */
static int taken_over(struct finding *f, struct told *t, const struct event *event)
{
	json_t *again = json_object_get(t->json, "again"), *copy;

	if (!again) {
		again = json_array();
		if (json_object_set_new(t->json, "again", again) < 0)
			return err_nomem(f->err);
	}
	copy = brief(event);
	if (f->rested)
		json_object_set_new(copy, "rested", json_true());
	return json_array_append_new(again, copy) < 0 ? err_nomem(f->err) : 0;
}

static int given_up(struct finding *f, struct told *t, struct core *core, const struct event *event)
{
	static const char *const ways[] = {"try", "wait", "abandon"};
	struct core_asked a;
	json_t *how;

	if (!core || json_object_get(t->json, "cancelled") || !core_asked(core, t->cmd, &a) ||
	    !a.given_up)
		return 0;
	how = json_pack("{s:o, s:o*, s:s*, s:s*}", "after", brief(event), "scope",
			a.reason ? json_integer(a.scope) : NULL, "reason", a.reason, "on_cancel",
			a.command->kind == COMMAND_STEP || a.command->kind == COMMAND_CHILD
				? ways[a.on_cancel]
				: NULL);
	return json_object_set_new(t->json, "cancelled", how) < 0 ? err_nomem(f->err) : 0;
}

static int see(struct finding *f, struct told *t, struct core *core, const struct event *event)
{
	if (event_is_end(event->type)) {
		t->open = false;
		return set_event(f, t, "dropped", event);
	}
	if (event->type == EVENT_RUN_RESUMED)
		return taken_over(f, t, event);
	if (!event->cmd || event->cmd != t->cmd)
		return given_up(f, t, core, event);
	if (event->type == EVENT_STEP_STARTED || event->type == EVENT_CHILD_STARTED)
		return set_event(f, t, "started", event);
	t->open = false;
	return set_event(f, t, "outcome", event);
}

/* How many drivers found the outcome of it recorded. */
static int reuse(struct finding *f, struct told *t)
{
	json_int_t n = json_integer_value(json_object_get(t->json, "reused"));

	return json_object_set_new(t->json, "reused", json_integer(n + 1)) < 0 ? err_nomem(f->err)
									       : 0;
}

static int see_all(struct finding *f, struct core *core, const struct event *event)
{
	bool resumed = event->type == EVENT_RUN_RESUMED;
	int rc = 0;

	for (size_t i = resumed ? f->generation : f->first_open; rc == 0 && i < f->n; i++)
		if (f->v[i].open)
			rc = see(f, &f->v[i], core, event);
		else if (resumed)
			rc = reuse(f, &f->v[i]);
	while (f->first_open < f->n && !f->v[f->first_open].open)
		f->first_open++;
	return rc;
}

static int fed(void *arg, struct core *core, const struct event *event, struct err *err)
{
	struct finding *f = arg;
	int rc = 0;

	f->err = err;
	f->seq = event->seq;
	if (event->type == EVENT_SEGMENT)
		return 0;
	if (!core) /* its line is all that tells that it was asked for */
		rc = take_line(f, event);
	if (rc == 0)
		rc = see_all(f, core, event);
	if (rc == 0 && core)
		rc = take_asked(f, core, event);
	if (event->type == EVENT_RUN_CONTINUED)
		f->generation = f->n;
	f->rested = event->type == EVENT_RUN_SUSPENDED;
	json_decref(f->why->end);
	f->why->end = event_ends_run(event->type) ? brief(event) : NULL;
	return rc;
}

static void begin(void *arg)
{
	struct finding *f = arg;

	json_array_clear(f->why->commands);
	json_object_clear(f->why->names);
	free(f->v);
	f->v = NULL;
	f->n = f->size = f->first_open = f->generation = 0;
	f->before = f->seq = 0;
	f->rested = false;
}

/* What was not replayed: from the lines alone. */
static int read_rest(struct finding *f, struct past *past, struct err *err)
{
	struct history_options options = {.run = past->run.id};
	struct history *history = NULL;
	uint64_t from = f->seq;
	struct event event;
	char *dir = str_format("%s/history", past->run.path);
	int rc = dir ? history_open(&history, past->run.state->os, dir, &options, err)
		     : err_nomem(err);

	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		rc = event.seq > from ? fed(f, NULL, &event, err) : 0;
		event_release(&event);
	}
	history_close(history);
	free(dir);
	return rc;
}

static bool is_trouble(int rc)
{
	return rc == -ERR_NONDETERMINISTIC || rc == -ERR_MODULE || rc == -ERR_NOT_FOUND ||
	       rc == -ERR_NEWER;
}

static int know_module(struct finding *f, const struct module *module)
{
	int rc = 0;

	for (size_t i = 0; module && rc == 0 && i < module->count; i++)
		if (module->entries[i].kind == WF_KIND_STEP)
			rc = know(f, module->entries[i].name);
	return rc;
}

static int find(struct finding *f, struct past *past, struct state *state, const char *id,
		struct err *err)
{
	struct past_options options = {.every_generation = true, .fed = fed, .arg = f};
	int rc = past_replay(past, state, id, &options, begin, err);

	if (is_trouble(rc) && past->opened) {
		f->why->trouble = strdup(err->text);
		err_clear(err);
		rc = f->why->trouble ? read_rest(f, past, err) : err_nomem(err);
	}
	f->err = err;
	if (rc == 0)
		rc = know_module(f, past->module);
	if (rc == 0 && past->core && !(f->why->waiting = core_waits(past->core)))
		rc = err_nomem(err);
	return rc < 0 ? rc : why_now(past, f->why->commands, err);
}

int why_step(struct why *ret, struct state *state, const char *id, const char *step,
	     struct err *err)
{
	struct why why = {.commands = json_array(), .names = json_object()};
	struct finding f = {.why = &why, .name = step};
	struct past past = {.opened = false};
	int rc = why.commands && why.names ? 0 : err_nomem(err);

	if (step[strspn(step, "0123456789")] == '\0')
		f.number = strtoull(step, NULL, 10);
	if (rc == 0)
		rc = find(&f, &past, state, id, err);
	past_release(&past);
	free(f.v);
	if (rc < 0)
		why_release(&why);
	else
		*ret = why;
	return rc;
}

void why_release(struct why *why)
{
	json_decref(why->commands);
	json_decref(why->names);
	json_decref(why->end);
	json_decref(why->waiting);
	free(why->trouble);
	*why = (struct why){.commands = NULL};
}
