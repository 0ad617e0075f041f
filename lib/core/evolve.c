/* SPDX-License-Identifier: MIT */
#include "evolve.h"

#include "../base/error.h"
#include "../base/sorted.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "author.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ID_MOST 200

struct decision {
	enum event_type kind; /* EVENT_PATCHED or EVENT_VERSION */
	char *id;             /* owned */
	int value;            /* 0: the old way */
	bool recorded;        /* the history has a marker */
	bool asked, optional; /* optional: the code need not ask for it any more */
};

struct decision_key {
	enum event_type kind;
	const char *id;
};

static int order(const void *key, const void *item)
{
	const struct decision_key *k = key;
	const struct decision *const *d = item;

	return k->kind != (*d)->kind ? (k->kind < (*d)->kind ? -1 : 1) : strcmp(k->id, (*d)->id);
}

/* Where it is among the sorted ones, or belongs. */
static size_t place(const struct evolve *e, enum event_type kind, const char *id, bool *ret_found)
{
	struct decision_key key = {kind, id};

	return sorted_place(e->decisions, e->count, sizeof(struct decision *), &key, order,
			    ret_found);
}

static struct decision *find(const struct core *core, enum event_type kind, const char *id)
{
	bool found;
	size_t at = place(&core->evolve, kind, id, &found);

	return found ? core->evolve.decisions[at] : NULL;
}

/* One that is not there yet. NULL: no memory. */
static struct decision *add(struct core *core, enum event_type kind, const char *id)
{
	struct evolve *e = &core->evolve;
	struct decision *d = calloc(1, sizeof *d), **room = NULL;
	bool found;
	size_t at = place(e, kind, id, &found);

	if (d && (d->id = strdup(id)))
		room = sorted_room(e->decisions, e->count, &e->size, sizeof(*room), at);
	if (!room) {
		if (d)
			free(d->id);
		free(d);
		return NULL;
	}
	d->kind = kind;
	e->decisions = room;
	e->decisions[at] = d;
	e->count++;
	return d;
}

void evolve_release(struct evolve *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->decisions[i]->id);
		free(e->decisions[i]);
	}
	free(e->decisions);
	json_decref(e->origins);
	free(e->refusal);
	memset(e, 0, sizeof *e);
}

int evolve_why(const struct core *core, struct err *err)
{
	if (core->evolve.refusal)
		return err_set(err, -core->dead, "%s", core->evolve.refusal);
	return err_nomem(err);
}

const char *evolve_run_id(const struct core *core)
{
	json_t *origin;
	size_t i;

	json_array_foreach (core->evolve.origins, i, origin)
		if (core->seq < (uint64_t)json_integer_value(json_object_get(origin, "until")))
			return json_string_value(json_object_get(origin, "id"));
	return core->run_id;
}

/* ---- the history says */

static const char *id_of(const struct event *event)
{
	return json_string_value(json_object_get(event->body, "id"));
}

static int value_of(const struct event *event)
{
	return event->type == EVENT_PATCHED
		       ? 1
		       : (int)json_integer_value(json_object_get(event->body, "version"));
}

int core_preload(struct core *core, const struct event *event, struct err *err)
{
	const char *id = id_of(event);
	struct decision *d;

	if (!id)
		return err_set(err, ERR_DAMAGED, "event %llu (%s) has no 'id'",
			       (unsigned long long)event->seq, event_type_name(event->type));
	d = find(core, event->type, id);
	if (!d)
		d = add(core, event->type, id);
	if (!d)
		return err_nomem(err);
	d->recorded = true;
	d->value = value_of(event);
	d->optional = json_is_true(json_object_get(event->body, "deprecated"));
	return 0;
}

void core_open_from(struct core *core, uint64_t seq)
{
	core->evolve.open_from = seq;
}

static int disagree(const struct event *event, const char *id, const char *summary,
		    const char *actual, const char *cause, struct err *err)
{
	const char *what = event->type == EVENT_PATCHED ? "patch" : "version of";

	return err_set(err, ERR_NONDETERMINISTIC,
		       "event %llu (%s) does not fit the workflow: %s '%s' is recorded, but %s\n"
		       "  expected (history):  %s '%s'\n"
		       "  actual (workflow):   %s\n"
		       "  likely cause:        %s",
		       (unsigned long long)event->seq, event_type_name(event->type), what, id,
		       summary, what, id, actual, cause);
}

/* A version that nobody asks for any more is passed over: every version but one may be gone from
 * the code. A patch may only go once its history is known to be past it: wf_patch_deprecated. */
int evolve_apply(struct core *core, const struct event *event, struct err *err)
{
	const char *id = id_of(event);
	const struct decision *d = id ? find(core, event->type, id) : NULL;

	if (d && d->asked && d->value != value_of(event))
		return disagree(event, id, "the workflow was told otherwise before",
				"it has gone the old way",
				"the history was put together from two runs, or edited", err);
	if ((d && (d->asked || d->optional)) || event->type == EVENT_VERSION)
		return 0;
	if (json_is_true(json_object_get(event->body, "deprecated")))
		return 0;
	return disagree(event, id ? id : "", "the workflow has not asked for it",
			"it does not call wf_patched() with this id by now",
			"the call was removed, or moved; while such runs are open it becomes "
			"wf_patch_deprecated()",
			err);
}

/* ---- the workflow asks */

static bool is_open(const struct core *core)
{
	return core->live || core->evolve.open;
}

/* Its marker, to be recorded before whatever is asked for next. */
static void mark(struct core *core, const struct decision *d)
{
	struct entry *entry = entry_new(COMMAND_MARKER);
	json_t *id = json_string(d->id);
	char *text = id ? dump_json(id, JSON_ENCODE_ANY) : NULL;
	char version[32] = "";

	json_decref(id);
	if (d->kind == EVENT_VERSION)
		snprintf(version, sizeof version, ",\"version\":%d", d->value);
	if (entry && text)
		entry->text = str_format("\"id\":%s%s%s", text, version,
					 d->optional ? ",\"deprecated\":true" : "");
	free(text);
	if (!entry || !entry->text) {
		entry_free(entry);
		core_die(core);
	}
	entry->command.marker = d->kind;
	commands_say(&core->commands, entry);
}

static void check_id(struct core *core, const char *call, const char *id)
{
	size_t n = id ? strlen(id) : 0;

	if (n && n <= ID_MOST && str_utf8(id, n))
		return;
	author_fail(core, "bad_option", "%s: its id is empty, longer than %d bytes or not UTF-8",
		    call, ID_MOST);
	core_abort(core, core->running->failure);
}

static struct decision *decide(struct core *core, enum event_type kind, const char *id, int newest,
			       bool optional)
{
	struct decision *d = find(core, kind, id);

	if (!d) {
		d = add(core, kind, id);
		if (!d)
			core_die(core);
		d->value = is_open(core) ? newest : 0;
		d->optional = optional;
		if (d->value)
			mark(core, d);
	}
	d->asked = true;
	return d;
}

bool wf_patched(wf_ctx *wf, const char *id)
{
	struct core *core = author_core(wf);

	if (!core)
		return true;
	check_id(core, "wf_patched()", id);
	return decide(core, EVENT_PATCHED, id, 1, false)->value != 0;
}

void wf_patch_deprecated(wf_ctx *wf, const char *id)
{
	struct core *core = author_core(wf);

	if (!core)
		return;
	check_id(core, "wf_patch_deprecated()", id);
	decide(core, EVENT_PATCHED, id, 1, true);
}

/* Promise 4: the run halts; it does not fail. */
static _Noreturn void refuse(struct core *core, const char *id, int value, int oldest, int newest)
{
	core->evolve.refusal = str_format(
		"event %llu: the workflow cannot follow this history: it is of version %d of '%s'\n"
		"  expected (history):  version %d%s\n"
		"  actual (workflow):   wf_version() supports %d to %d\n"
		"  likely cause:        %s",
		(unsigned long long)core->seq, value, id, value,
		value ? "" : " (from before the first)", oldest, newest,
		value > newest
			? "the run was driven by newer code; go on with that"
			: "support for an old version was removed while runs of it are open");
	if (!core->evolve.refusal)
		core_die(core);
	core->dead = -ERR_NONDETERMINISTIC;
	for (;;)
		strand_wait(core->running);
}

int wf_version(wf_ctx *wf, const char *id, int oldest, int newest)
{
	struct core *core = author_core(wf);
	int value;

	if (!core)
		return newest;
	check_id(core, "wf_version()", id);
	if (oldest < 0 || newest < oldest || newest < 1) {
		author_fail(core, "bad_option", "wf_version('%s'): %d to %d are no versions", id,
			    oldest, newest);
		core_abort(core, core->running->failure);
	}
	value = decide(core, EVENT_VERSION, id, newest, false)->value;
	if (value < oldest || value > newest)
		refuse(core, id, value, oldest, newest);
	return value;
}
