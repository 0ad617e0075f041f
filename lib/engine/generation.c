/* SPDX-License-Identifier: MIT */
#include "generation.h"

#include "../base/hash.h"
#include "../model/dump.h"
#include "../model/module.h"
#include "../os/os.h"
#include "../store/state.h"
#include "child.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_locks.h"
#include "task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit(char c)
{
	return (unsigned)(c > '9' ? c - 'a' + 10 : c - '0');
}

/* Chance differs from generation to generation: SHA-256 of the seed and the number. */
static void derive(uint8_t seed[32], const uint8_t from[32], unsigned number)
{
	uint8_t text[36];
	char hex[HASH_HEX];

	memcpy(text, from, 32);
	for (int i = 0; i < 4; i++)
		text[32 + i] = (uint8_t)(number >> 8 * i);
	hash_sha256(text, sizeof text, hex);
	for (int i = 0; i < 32; i++)
		seed[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

/* The value of a member, wherever it is kept; NULL when there is none. */
static int take_member(struct run *run, const struct event *started, const char *member,
		       const char *member_file, json_t **ret, struct err *err)
{
	json_t *value = json_object_get(started->body, member);
	const char *file = json_string_value(json_object_get(started->body, member_file));

	if (!value && file)
		return run_get_payload(run, file, ret, err);
	*ret = json_incref(value);
	return 0;
}

int generation_begin(struct generation *ret, struct core_options *o, struct run *run,
		     const struct event *started, struct err *err)
{
	struct generation g = {.input = NULL};
	const json_t *body = started && started->type == EVENT_RUN_STARTED ? started->body : NULL;
	json_int_t number = json_integer_value(json_object_get(body, "generation"));
	int rc = 0;

	o->run_id = run->id;
	o->created = run->info.created;
	o->generation = number > 1 ? (unsigned)number : 1;
	o->commands = (uint64_t)json_integer_value(json_object_get(body, "commands"));
	memcpy(g.seed, run->info.seed, sizeof g.seed);
	if (number > 1) {
		derive(g.seed, run->info.seed, o->generation);
		o->created = started->at;
		rc = take_member(run, started, "input", "input_file", &g.input, err);
		if (rc == 0)
			rc = take_member(run, started, "told", "told_file", &g.told, err);
	} else {
		g.input = json_incref(run->info.input);
	}
	if (rc < 0) {
		generation_release(&g);
		return rc;
	}
	*ret = g;
	o->seed = ret->seed;
	o->input = ret->input;
	o->options = ret->told ? ret->told : run->info.options;
	return 0;
}

void generation_release(struct generation *generation)
{
	json_decref(generation->input);
	json_decref(generation->told);
	generation->input = generation->told = NULL;
}

/* ---- going on */

static int say_continued(struct runner *r, struct err *err)
{
	struct happening *h = runner_happen(r, EVENT_RUN_CONTINUED, 0);
	int rc = h ? runner_put_json(r, &h->fields, "input", core_result(r->core), err)
		   : err_nomem(err);

	if (rc == 0) {
		buf_addf(&h->fields, ",\"generation\":%u", core_generation(r->core) + 1);
		h->note = strdup("continued");
		rc = h->note && buf_ok(&h->fields) ? 0 : err_nomem(err);
	}
	return rc;
}

/* The beginning of the next generation, with all that it needs to know of the ones before. */
static int say_begun(struct runner *r, struct err *err)
{
	struct happening *h = runner_happen(r, EVENT_RUN_STARTED, 0);
	json_t *unread = core_unread(r->core), *name = json_string(r->run.info.workflow);
	char *text = name ? dump_json(name, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	unsigned number = core_generation(r->core) + 1;
	json_int_t commands = (json_int_t)core_commands(r->core);
	int rc = h && unread && text ? 0 : err_nomem(err);

	if (rc == 0) {
		buf_addf(&h->fields,
			 "\"rules\":%d,\"workflow\":%s,\"generation\":%u,\"commands\":%lld,",
			 CORE_RULES, text, number, (long long)commands);
		rc = runner_put_json(r, &h->fields, "input", core_result(r->core), err);
	}
	if (rc == 0 && json_array_size(unread)) {
		buf_addc(&h->fields, ',');
		rc = runner_put_json(r, &h->fields, "signals", unread, err);
	}
	if (rc == 0 && r->told) {
		buf_addc(&h->fields, ',');
		rc = runner_put_json(r, &h->fields, "told", r->told, err);
	}
	if (rc == 0) {
		h->event.body = json_pack("{s:i, s:i, s:I, s:O, s:O, s:O*}", "rules", CORE_RULES,
					  "generation", (int)number, "commands", commands, "input",
					  core_result(r->core), "signals", unread, "told", r->told);
		h->note = strdup("started");
		rc = h->event.body && h->note && buf_ok(&h->fields) ? 0 : err_nomem(err);
	}
	json_decref(unread);
	json_decref(name);
	free(text);
	return rc;
}

static int new_core(struct runner *r, const struct event *started, struct err *err)
{
	struct core_options options = {
		.module = r->module,
		.workflow = module_find(r->module, WF_KIND_WORKFLOW, r->run.info.workflow),
		.rules = CORE_RULES,
		.payload = runner_payload,
		.payload_arg = r,
	};
	struct generation generation;
	struct core *core;
	int rc = generation_begin(&generation, &options, &r->run, started, err);

	if (rc < 0)
		return rc;
	rc = core_new(&core, &options, err);
	generation_release(&generation);
	if (rc < 0)
		return rc;
	core_free(r->core);
	r->core = core;
	core_set_live(core);
	return 0;
}

/* Messages that were recorded are gone for good before the history is read only from here on. */
static int sync_inbox(struct runner *r, struct err *err)
{
	struct os *os = r->driver->state->os;
	struct buf path = BUF_INIT;
	int rc;

	buf_addf(&path, "%s/inbox", r->run.path);
	rc = buf_ok(&path) ? os->ops->sync_dir(os, path.data) : 0;
	rc = !buf_ok(&path) ? err_nomem(err)
	     : rc < 0       ? err_sys(err, -rc, "cannot sync '%s'", path.data)
			    : 0;
	buf_release(&path);
	return rc;
}

int runner_continue(struct runner *r, struct err *err)
{
	int rc = runner_serve(r, err); /* what the workflow has said last */

	if (rc == 0)
		rc = sync_inbox(r, err);
	if (rc == 0 && !r->continued)
		rc = say_continued(r, err);
	if (rc == 0)
		rc = runner_record(r, err);
	if (rc == 0)
		rc = runner_feed(r, err);
	if (rc < 0)
		return rc;
	if (r->ended) { /* its time is over, or it was terminated */
		runner_finish(r);
		return 0;
	}
	while (r->tasks)
		task_free(r->tasks);
	kids_free(r);
	runner_locks_end(r);
	json_object_clear(r->children);
	json_object_clear(r->begun);
	r->continued = false;
	history_set_generation(r->history, core_generation(r->core) + 1);
	rc = say_begun(r, err);
	if (rc == 0)
		rc = new_core(r, &r->pending[r->pending_count - 1].event, err);
	return rc;
}
