/* SPDX-License-Identifier: MIT */
#include "query.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../core/core.h"
#include "../store/history.h"
#include "../store/run.h"
#include "../store/state.h"
#include "committer.h"
#include "markers.h"
#include "module.h"
#include "query_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A driver may close a segment, or the run, while it is read: then it is read again. */
#define TRIES 5

struct asking {
	struct state *state;
	struct run run;
	bool opened;
	struct history *history;
	struct module *module;
	struct core *core;
};

static int get_payload(void *arg, const char *name, json_t **ret, struct err *err)
{
	struct asking *a = arg;

	return run_get_payload(&a->run, name, ret, err);
}

static void release(struct asking *a)
{
	core_free(a->core);
	module_free(a->module);
	history_close(a->history);
	if (a->opened)
		run_release(&a->run);
	*a = (struct asking){.state = a->state};
}

/* What the run's last segment is pinned to, else run.json. */
static int pinned_module(struct asking *a, const char *dir, char ret[65], struct err *err)
{
	struct event last, head;
	uint64_t steps;
	const char *sha;
	int rc = history_tail(a->state->os, dir, &last, &head, &steps, err);

	snprintf(ret, 65, "%s", a->run.info.module);
	if (rc <= 0)
		return rc;
	sha = json_string_value(json_object_get(head.body, "module"));
	if (sha && strlen(sha) == 64)
		snprintf(ret, 65, "%s", sha);
	event_release(&last);
	event_release(&head);
	return 0;
}

static int restore_module(struct asking *a, struct err *err)
{
	struct committer *committer;
	struct err ignored = ERR_INIT;
	json_t *request = json_pack("{s:s, s:s}", "do", "restore", "run", a->run.id);
	json_t *answer = NULL;
	int rc = request ? committer_start(&committer, a->state, err) : err_nomem(err);

	if (rc == 0) {
		rc = committer_ask(committer, request, &answer, err);
		committer_finish(committer, &ignored);
	}
	json_decref(request);
	json_decref(answer);
	return rc;
}

static int load(struct asking *a, const char *dir, struct err *err)
{
	struct err first = ERR_INIT;
	char sha[65];
	char *file, *path;
	int rc = pinned_module(a, dir, sha, err);

	if (rc < 0)
		return rc;
	file = str_format("%s.so", sha);
	path = file ? state_path(a->state, "modules", file) : NULL;
	free(file);
	if (!path)
		return err_nomem(err);
	rc = module_load(path, &a->module, &first);
	if (rc == -ERR_NOT_FOUND && restore_module(a, err) == 0)
		rc = module_load(path, &a->module, err);
	else if (rc < 0 && !err->code)
		rc = err_set(err, first.code, "%s", first.text);
	free(path);
	return rc;
}

static int tell_markers(struct asking *a, struct err *err)
{
	char *dir = str_format("%s/history", a->run.path);
	int rc = dir ? markers_load(a->core, a->state->os, dir, 0, err) : err_nomem(err);

	free(dir);
	return rc;
}

static int new_core(struct asking *a, unsigned rules, struct err *err)
{
	const struct run_info *info = &a->run.info;
	struct core_options options = {
		.module = a->module,
		.workflow = module_find(a->module, WF_KIND_WORKFLOW, info->workflow),
		.run_id = a->run.id,
		.seed = info->seed,
		.input = info->input,
		.created = info->created,
		.options = info->options,
		.rules = rules,
		.payload = get_payload,
		.payload_arg = a,
	};
	int rc;

	if (options.workflow < 0)
		return err_set(err, ERR_MODULE, "module '%s' has no workflow '%s'", a->module->path,
			       info->workflow);
	rc = core_new(&a->core, &options, err);
	if (rc == 0)
		rc = tell_markers(a, err);
	if (rc == 0)
		core_keep(a->core);
	return rc;
}

static int replay(struct asking *a, struct err *err)
{
	struct event event;
	int rc;

	while ((rc = history_read(a->history, &event, err)) > 0) {
		rc = 0;
		if (event.type == EVENT_RUN_STARTED && !a->core)
			rc = new_core(
				a,
				(unsigned)json_integer_value(json_object_get(event.body, "rules")),
				err);
		if (rc == 0 && a->core)
			rc = core_feed(a->core, &event, err);
		event_release(&event);
		if (rc < 0)
			return rc;
	}
	return rc == 0 && !a->core ? new_core(a, CORE_RULES, err) : rc;
}

static int open_and_replay(struct asking *a, const char *id, struct err *err)
{
	struct history_options options = {.run = id};
	char *dir;
	int rc = run_open(&a->run, a->state, id, err);

	if (rc < 0)
		return rc;
	a->opened = true;
	dir = str_format("%s/history", a->run.path);
	rc = dir ? load(a, dir, err) : err_nomem(err);
	if (rc == 0)
		rc = history_open(&a->history, a->state->os, dir, &options, err);
	if (rc == 0)
		rc = replay(a, err);
	free(dir);
	return rc;
}

static int no_memory_unless(json_t *value, json_t **ret, struct err *err)
{
	*ret = value;
	return value ? 0 : err_nomem(err);
}

static int ask(struct asking *a, const char *name, const json_t *argument, json_t **ret,
	       struct err *err)
{
	int rc = core_query(a->core, name, argument, ret, err);
	const char *type = rc > 0 ? json_string_value(json_object_get(*ret, "type")) : NULL;
	json_t *none = *ret;

	if (!type || strcmp(type, "no_such_query") != 0)
		return rc;
	if (strcmp(name, "stack") == 0)
		rc = query_stack(a->core, a->module, ret, err);
	else if (strcmp(name, "waits") == 0)
		rc = no_memory_unless(core_waits(a->core), ret, err);
	else if (strcmp(name, "queries") == 0)
		rc = no_memory_unless(core_handlers(a->core), ret, err);
	else
		return rc;
	json_decref(none);
	return rc;
}

int query_run(struct state *state, const char *id, const char *name, const json_t *argument,
	      json_t **ret, struct err *err)
{
	struct asking a = {.state = state};
	int rc = -ERR_SYSTEM;

	for (int i = 0; i < TRIES; i++) {
		err_clear(err);
		rc = open_and_replay(&a, id, err);
		if (rc != -ERR_DAMAGED && rc != -ERR_NOT_FOUND && rc != -ERR_SYSTEM)
			break;
		if (i + 1 < TRIES)
			release(&a);
	}
	if (rc == 0)
		rc = ask(&a, name, argument, ret, err);
	release(&a);
	return rc;
}
