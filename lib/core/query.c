/* SPDX-License-Identifier: MIT */
#include "query.h"

#include "../base/error.h"
#include "author.h"
#include "finish.h"
#include "future.h"

#include <execinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 64

void query_home_gone(struct core *core, const struct strand *strand)
{
	for (struct query_handler *q = core->mail.query_handlers; q; q = q->next)
		if (q->home == strand)
			q->gone = true;
}

static struct query_handler *find(const struct core *core, const char *name)
{
	struct query_handler *q = core->mail.query_handlers;

	while (q && strcmp(q->name, name) != 0)
		q = q->next;
	return q;
}

static struct strand *on_stack_of(const struct core *core, const void *arg)
{
	for (struct strand *s = core->all.first; s; s = s->next)
		if (coroutine_holds(&s->co, arg))
			return s;
	return NULL;
}

void wf_on_query(wf_ctx *wf, const char *name, wf_query_fn *fn, void *arg)
{
	struct core *core = author_core(wf);
	struct query_handler *q;

	if (!core || !author_name(core, "query", name))
		return;
	q = find(core, name);
	if (!q) {
		q = calloc(1, sizeof *q);
		if (!q || !(q->name = strdup(name))) {
			free(q);
			core_die(core);
		}
		q->next = core->mail.query_handlers;
		core->mail.query_handlers = q;
	}
	q->fn = fn;
	q->arg = arg;
	q->home = on_stack_of(core, arg);
	q->gone = false;
}

/* ---- asking */

struct question {
	struct call call; /* first */
	const struct query_handler *handler;
};

static void answer(struct strand *strand)
{
	struct question *question = (struct question *)(void *)strand->call;
	const struct query_handler *q = question->handler;
	json_t *value = q->fn(&strand->core->ctx, question->call.payload, q->arg);

	question->call.result = value ? finish_take(strand->core, value, true) : NULL;
}

static json_t *problem(const char *type, const char *format, const char *name)
{
	char message[400];

	snprintf(message, sizeof message, format, name);
	return json_pack("{s:s, s:s}", "type", type, "message", message);
}

int core_query(struct core *core, const char *name, const json_t *argument, json_t **ret,
	       struct err *err)
{
	struct question question = {.handler = find(core, name)};
	const struct query_handler *q = question.handler;

	if (!q)
		*ret = problem("no_such_query", "the workflow has no query '%s'", name);
	else if (q->gone)
		*ret = problem("query_gone",
			       "what query '%s' tells of was on the stack of a function that has "
			       "returned; memory of wf_alloc() outlives it",
			       name);
	if (!q || q->gone)
		return *ret ? 1 : err_nomem(err);
	question.call.name = name;
	question.call.payload = (json_t *)(uintptr_t)argument;
	if (strand_call(core, answer, &question.call) < 0) {
		json_decref(question.call.result);
		return err_nomem(err);
	}
	if (question.call.result && !json_deeper(question.call.result, DEEPEST)) {
		*ret = question.call.result;
		return 0;
	}
	*ret = question.call.result    ? problem("bad_result", "query '%s' is too deep", name)
	       : question.call.failure ? json_copy(question.call.failure->json)
				       : problem("no_result", "query '%s' gave no answer", name);
	json_decref(question.call.result);
	return *ret ? 1 : err_nomem(err);
}

/* ---- what there is */

static int add_name(json_t *object, const char *member, const char *name)
{
	return json_array_append_new(json_object_get(object, member), json_string(name));
}

json_t *core_handlers(const struct core *core)
{
	json_t *all = json_pack("{s:[], s:[], s:[]}", "signals", "queries", "updates");
	const struct mail *mail = &core->mail;
	int rc = all ? 0 : -1;

	for (const struct channel *c = mail->first; c && rc == 0; c = c->next)
		if (c->handler || c->first_taker)
			rc = add_name(all, "signals", c->name);
	for (const struct query_handler *q = mail->query_handlers; q && rc == 0; q = q->next)
		rc = add_name(all, "queries", q->name);
	for (const struct update_handler *u = mail->update_handlers; u && rc == 0; u = u->next)
		rc = add_name(all, "updates", u->name);
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}

void core_keep(struct core *core)
{
	core->keeps = true;
}

/* ---- where each coroutine stands */

struct looking {
	core_look_fn *each;
	void *arg;
};

static void look(struct strand *strand)
{
	struct core *core = strand->core;
	const struct looking *looking = core->looked_arg;
	void *frames[FRAMES];
	int n = backtrace(frames, FRAMES);
	json_t *waits = waits_of_strand(strand);

	looking->each(looking->arg, strand->call ? strand->call->name : NULL, waits, frames,
		      n < 0 ? 0 : (size_t)n);
	json_decref(waits);
}

void core_look(struct core *core, core_look_fn *each, void *arg)
{
	struct looking looking = {each, arg};

	if (core->status == CORE_RUNNING && !core->dead)
		strands_look(core, look, &looking);
}
