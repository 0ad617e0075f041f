/* SPDX-License-Identifier: MIT */
/* Beginning to drive a run: history, module, replay. */
#include "runner.h"

#include "../model/dump.h"
#include "../model/module.h"
#include "../store/state.h"
#include "../store/sweep.h"
#include "child.h"
#include "crash.h"
#include "driver_internal.h"
#include "generation.h"
#include "module.h"
#include "runner_gate.h"
#include "runner_inbox.h"
#include "runner_limits.h"
#include "runner_locks.h"
#include "runner_restore.h"
#include "runner_told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int new_core(struct runner *r, const struct module *module, unsigned rules,
		    const struct event *started, struct core **ret, struct err *err)
{
	struct core_options options = {
		.module = module,
		.workflow = module_find(module, WF_KIND_WORKFLOW, r->run.info.workflow),
		.rules = rules,
		.payload = runner_payload,
		.payload_arg = r,
	};
	struct generation generation;
	int rc;

	if (options.workflow < 0)
		return err_set(err, ERR_MODULE, "module '%s' has no workflow '%s'", module->path,
			       r->run.info.workflow);
	rc = generation_begin(&generation, &options, &r->run, started, err);
	if (rc < 0)
		return rc;
	rc = core_new(ret, &options, err);
	if (rc == 0 && generation.told) {
		json_decref(r->told);
		r->told = json_incref(generation.told);
		r->told_changed = true;
	}
	generation_release(&generation);
	return rc;
}

/* What replay passes over, but the driver must know. */
static int take_note(struct runner *r, const struct event *event, struct err *err)
{
	char cmd[24];
	json_t *mark;

	virtual_saw(r, event->at);
	if (event->type == EVENT_RUN_STARTED)
		r->started = true;
	runner_limits_note(r, event);
	r->rests = event->type == EVENT_RUN_SUSPENDED;
	if (event->type == EVENT_RUN_RESET)
		runner_key_tail(r, json_integer_value(json_object_get(event->body, "count")));
	if (event->type == EVENT_RUN_STARTED || event->type == EVENT_RUN_CONTINUED)
		r->continued = event->type == EVENT_RUN_CONTINUED;
	runner_note_end(r, event);
	if (event->type == EVENT_CHILD_STARTED || event->type == EVENT_CHILD_CLOSED)
		return kid_known(r, event, err);
	if (event->type != EVENT_STEP_STARTED)
		return 0;
	snprintf(cmd, sizeof cmd, "%llu", (unsigned long long)event->cmd);
	mark = json_is_true(json_object_get(event->body, "outside"))
		       ? json_pack("{s:O, s:I}", "attempt", json_object_get(event->body, "attempt"),
				   "at", (json_int_t)event->at)
		       : json_true();
	return json_object_set_new(r->begun, cmd, mark) < 0 ? err_nomem(err) : 0;
}

static int feed_recorded(struct runner *r, const struct event *event, const struct module *module,
			 struct core **core, struct err *err)
{
	int rc;

	if (*core && r->continued && event->type == EVENT_RUN_STARTED) {
		core_free(*core);
		*core = NULL;
		json_object_clear(r->begun);
		json_object_clear(r->children);
	}
	if (!*core && !event_is_note(event->type)) {
		unsigned rules = CORE_RULES;
		if (event->type == EVENT_RUN_STARTED)
			rules = (unsigned)json_integer_value(json_object_get(event->body, "rules"));
		if (rules > CORE_RULES)
			return err_set(
				err, ERR_NEWER,
				"run '%s' was begun by a newer wf (replay rules %u, this wf knows %u)",
				r->run.id, rules, CORE_RULES);
		rc = new_core(r, module, rules, event, core, err);
		if (rc == 0)
			rc = runner_preload(r, *core, event->seq, err);
		if (rc < 0)
			return rc;
	}
	rc = runner_inbox_known(r, event, err);
	if (rc == 0)
		rc = take_note(r, event, err);
	if (rc == 0)
		rc = runner_told(r, event, err);
	if (rc < 0 || event_is_note(event->type))
		return rc;
	crash_guard(r->run.path, r->run.id);
	rc = core_feed(*core, event, err);
	crash_guard(NULL, NULL);
	return rc;
}

/* Feed every recorded event to a new core of this module. */
static int replay_with(struct runner *r, const struct module *module, struct core **ret,
		       struct err *err)
{
	struct event event;
	struct core *core = NULL;
	int rc = history_rewind(r->history, err);

	while (rc == 0 && (rc = history_read(r->history, &event, err)) > 0) {
		if (event.type == EVENT_SEGMENT)
			rc = 0;
		else
			rc = feed_recorded(r, &event, module, &core, err);
		event_release(&event);
	}
	if (rc == 0 && !core)
		rc = new_core(r, module, CORE_RULES, NULL, &core, err);
	if (rc < 0)
		core_free(core);
	else
		*ret = core;
	return rc;
}

/* The module that the run is pinned to now: what the last segment says, else run.json. */
static int pinned_module(struct runner *r, char ret[65], struct err *err)
{
	struct event last, head;
	uint64_t steps;
	struct buf path = BUF_INIT;
	int rc;

	buf_addf(&path, "%s/history", r->run.path);
	if (!buf_ok(&path))
		return err_nomem(err);
	snprintf(ret, 65, "%s", r->run.info.module);
	rc = history_tail(r->driver->state->os, path.data, &last, &head, &steps, err);
	if (rc > 0) {
		const char *sha = json_string_value(json_object_get(head.body, "module"));
		if (sha && strlen(sha) == 64)
			snprintf(ret, 65, "%s", sha);
		event_release(&last);
		event_release(&head);
		rc = 0;
	}
	buf_release(&path);
	return rc;
}

int runner_replay(struct runner *r, struct err *err)
{
	char sha[65];
	const struct module *module;
	int rc = pinned_module(r, sha, err);

	if (rc == 0)
		rc = runner_module(r, sha, &module, err);
	if (rc == 0)
		rc = replay_with(r, module, &r->core, err);
	if (rc == 0)
		r->module = module;
	r->replayed = history_steps(r->history);
	return rc;
}

/* What cannot be meant is refused by the name that the user gave it, and not kept. */
static int judge_module(const struct runner *r, const char *file, struct err *err)
{
	struct module *module = NULL;
	int rc = module_load(file, &module, err);

	if (rc == 0 && module_find(module, WF_KIND_WORKFLOW, r->run.info.workflow) < 0)
		rc = err_set(err, ERR_MODULE, "module '%s' has no workflow '%s'", file,
			     r->run.info.workflow);
	module_free(module);
	return rc;
}

/* Promise 7: new code proves itself on the whole history before the run is pinned to it. */
static int switch_module(struct runner *r, const char *file, struct err *err)
{
	const struct module *module;
	struct happening *h;
	char sha[65], from[65];
	char *kept = NULL;
	int rc = pinned_module(r, from, err);

	if (rc == 0)
		rc = judge_module(r, file, err);
	if (rc == 0)
		rc = state_add_module(r->driver->state, file, sha, &kept, err);
	if (rc == 0)
		rc = driver_module(r->driver, sha, &module, err);
	if (rc == 0)
		rc = replay_with(r, module, &r->core, err);
	if (rc == 0 && strcmp(from, sha) != 0) {
		rc = history_set_module(r->history, sha, err);
		h = rc == 0 ? runner_happen(r, EVENT_MODULE_CHANGED, 0) : NULL;
		if (h) {
			buf_addf(&h->fields, "\"from\":\"%s\",\"to\":\"%s\"", from, sha);
			h->note = strdup("module changed");
		} else if (rc == 0) {
			rc = err_nomem(err);
		}
	}
	if (rc == 0)
		r->module = module;
	r->replayed = history_steps(r->history);
	free(kept);
	return rc;
}

int runner_say_begun(struct runner *r, struct err *err)
{
	struct happening *h = runner_happen(r, EVENT_RUN_STARTED, 0);
	json_t *name = json_string(r->run.info.workflow);
	char *text = name ? dump_json(name, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	json_decref(name);
	if (h && text) {
		buf_addf(&h->fields, "\"rules\":%d,\"workflow\":%s", CORE_RULES, text);
		h->event.body = json_pack("{s:i}", "rules", CORE_RULES);
		h->note = strdup("started");
		runner_limits_note(r, &h->event);
	}
	free(text);
	return h && text && h->event.body && h->note && buf_ok(&h->fields) ? 0 : err_nomem(err);
}

static void say_started(struct runner *r)
{
	struct progress p = {.kind = PROGRESS_RUN_STARTED, .replayed = r->replayed};
	driver_progress(r->driver, r, &p);
}

static bool is_halt(int rc)
{
	return rc == -ERR_NONDETERMINISTIC || rc == -ERR_MODULE || rc == -ERR_NOT_FOUND ||
	       rc == -ERR_NEWER;
}

static int begin(struct runner *r, const char *with, struct err *err)
{
	struct err ignored = ERR_INIT;
	int rc = with ? switch_module(r, with, err) : runner_replay(r, err);

	if (rc < 0 && !with && is_halt(rc)) {
		runner_break(r, DRIVE_HALTED, err);
		err_clear(err);
		return 0;
	}
	if (rc < 0)
		return rc;
	run_set_halted(&r->run, NULL, &ignored);
	if (r->started)
		sweep_run(&r->run, true, true, NULL, NULL, &ignored);
	core_set_live(r->core);
	if (!r->ended && core_status(r->core) != CORE_RUNNING)
		rc = runner_serve(r, err); /* what it said last */
	if (rc == 0 && (r->ended || (core_status(r->core) != CORE_RUNNING &&
				     core_status(r->core) != CORE_CONTINUED))) {
		runner_finish(r);
		return 0;
	}
	if (rc == 0 && !history_module(r->history))
		rc = history_set_module(r->history, r->run.info.module, err);
	r->resumed = r->started || r->rests;
	if (rc == 0)
		rc = runner_locks_open(r, err);
	if (rc == 0)
		rc = runner_gate_limits(r, !r->started, err);
	if (rc == 0)
		rc = runner_limits_open(r, err);
	if (rc == 0 && core_status(r->core) == CORE_CONTINUED)
		rc = runner_continue(r, err);
	if (rc == 0)
		rc = runner_inbox_watch(r, err);
	if (rc == 0)
		say_started(r);
	return rc;
}

static int open_once(struct runner **ret, struct driver *driver, const char *id, const char *with,
		     struct err *err)
{
	struct runner *r;
	int rc = runner_new(&r, driver, id, err);

	if (rc < 0)
		return rc;
	rc = runner_inbox_list(r, err);
	if (rc == 0)
		rc = begin(r, with, err);
	if (rc < 0) {
		runner_close(r);
		return rc;
	}
	*ret = r;
	return 0;
}

/* Files that are gone may still be on the branch. */
int runner_open(struct runner **ret, struct driver *driver, const char *id, const char *with,
		struct err *err)
{
	int rc = open_once(ret, driver, id, with, err);

	if (rc != -ERR_DAMAGED || !runner_restore(driver, id))
		return rc;
	err_clear(err);
	return open_once(ret, driver, id, with, err);
}
