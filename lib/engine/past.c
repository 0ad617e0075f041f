/* SPDX-License-Identifier: MIT */
#include "past.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../core/core.h"
#include "../store/history.h"
#include "../store/state.h"
#include "committer.h"
#include "generation.h"
#include "markers.h"
#include "module.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 5

/* One try. */
struct replaying {
	struct past *past;
	struct state *state;
	const struct past_options *options;
	char *dir; /* owned: of the history */
	struct history *history;
	bool continued; /* the generation has ended, another follows */
};

static int get_payload(void *arg, const char *name, json_t **ret, struct err *err)
{
	struct past *past = arg;

	return run_get_payload(&past->run, name, ret, err);
}

/* What the run's last segment is pinned to, else run.json. */
static int pinned_module(const struct replaying *r, char ret[65], struct err *err)
{
	struct event last, head;
	uint64_t steps;
	const char *sha;
	int rc = history_tail(r->state->os, r->dir, &last, &head, &steps, err);

	snprintf(ret, 65, "%s", r->past->run.info.module);
	if (rc <= 0)
		return rc;
	sha = json_string_value(json_object_get(head.body, "module"));
	if (sha && strlen(sha) == 64)
		snprintf(ret, 65, "%s", sha);
	event_release(&last);
	event_release(&head);
	return 0;
}

static int restore_module(const struct replaying *r, struct err *err)
{
	struct committer *committer;
	struct err ignored = ERR_INIT;
	json_t *request = json_pack("{s:s, s:s}", "do", "restore", "run", r->past->run.id);
	json_t *answer = NULL;
	int rc = request ? committer_start(&committer, r->state, err) : err_nomem(err);

	if (rc == 0) {
		rc = committer_ask(committer, request, &answer, err);
		committer_finish(committer, &ignored);
	}
	json_decref(request);
	json_decref(answer);
	return rc;
}

static int load_module(const struct replaying *r, struct err *err)
{
	struct err first = ERR_INIT;
	char sha[65];
	char *file, *path;
	int rc = pinned_module(r, sha, err);

	if (rc < 0)
		return rc;
	file = str_format("%s.so", sha);
	path = file ? state_path(r->state, "modules", file) : NULL;
	free(file);
	if (!path)
		return err_nomem(err);
	rc = module_load(path, &r->past->module, &first);
	if (rc == -ERR_NOT_FOUND && restore_module(r, err) == 0)
		rc = module_load(path, &r->past->module, err);
	else if (rc < 0 && !err->code)
		rc = err_set(err, first.code, "%s", first.text);
	free(path);
	return rc;
}

/* started: the event that the generation begins with; NULL: there is none yet. */
static int new_core(struct replaying *r, const struct event *started, struct err *err)
{
	struct past *past = r->past;
	const json_t *rules = started ? json_object_get(started->body, "rules") : NULL;
	struct core_options options = {
		.module = past->module,
		.workflow = module_find(past->module, WF_KIND_WORKFLOW, past->run.info.workflow),
		.rules = rules ? (unsigned)json_integer_value(rules) : CORE_RULES,
		.payload = get_payload,
		.payload_arg = past,
	};
	struct generation generation;
	int rc;

	if (options.workflow < 0)
		return err_set(err, ERR_MODULE, "module '%s' has no workflow '%s'",
			       past->module->path, past->run.info.workflow);
	rc = generation_begin(&generation, &options, &past->run, started, err);
	if (rc < 0)
		return rc;
	rc = core_new(&past->core, &options, err);
	generation_release(&generation);
	if (rc == 0)
		rc = markers_load(past->core, r->state->os, r->dir, started ? started->seq : 0,
				  err);
	if (rc == 0 && r->options->keep)
		core_keep(past->core);
	return rc;
}

static int feed(struct replaying *r, const struct event *event, struct err *err)
{
	struct past *past = r->past;
	bool note = event_is_note(event->type);
	int rc = 0;

	if (r->continued && event->type == EVENT_RUN_STARTED) {
		core_free(past->core);
		past->core = NULL;
	}
	if (event->type == EVENT_RUN_STARTED || event->type == EVENT_RUN_CONTINUED)
		r->continued = event->type == EVENT_RUN_CONTINUED;
	if (!past->core && !note)
		rc = new_core(r, event, err);
	if (rc == 0 && !note)
		rc = core_feed(past->core, event, err);
	if (rc == 0 && r->options->fed)
		rc = r->options->fed(r->options->arg, past->core, event, err);
	return rc;
}

static int replay(struct replaying *r, struct err *err)
{
	struct event event;
	int rc;

	while ((rc = history_read(r->history, &event, err)) > 0) {
		rc = feed(r, &event, err);
		event_release(&event);
		if (rc != 0)
			return rc;
	}
	return rc == 0 && !r->past->core ? new_core(r, NULL, err) : rc;
}

static int open_and_replay(struct replaying *r, const char *id, struct err *err)
{
	struct history_options options = {.run = id,
					  .last_generation = !r->options->every_generation};
	int rc = run_open(&r->past->run, r->state, id, err);

	if (rc < 0)
		return rc;
	r->past->opened = true;
	r->dir = str_format("%s/history", r->past->run.path);
	rc = r->dir ? load_module(r, err) : err_nomem(err);
	if (rc == 0)
		rc = history_open(&r->history, r->state->os, r->dir, &options, err);
	if (rc == 0)
		rc = replay(r, err);
	return rc;
}

int past_replay(struct past *ret, struct state *state, const char *id,
		const struct past_options *options, void (*begin)(void *arg), struct err *err)
{
	int rc = -ERR_SYSTEM;

	*ret = (struct past){.opened = false};
	for (int i = 0; i < TRIES; i++) {
		struct replaying r = {.past = ret, .state = state, .options = options};

		err_clear(err);
		past_release(ret);
		if (begin)
			begin(options->arg);
		rc = open_and_replay(&r, id, err);
		history_close(r.history);
		free(r.dir);
		if (rc != -ERR_DAMAGED && rc != -ERR_NOT_FOUND && rc != -ERR_SYSTEM)
			break;
	}
	return rc;
}

void past_release(struct past *past)
{
	core_free(past->core);
	module_free(past->module);
	if (past->opened)
		run_release(&past->run);
	*past = (struct past){.opened = false};
}
