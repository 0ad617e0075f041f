/* SPDX-License-Identifier: MIT */
#include "schedule.h"

#include "../base/error.h"
#include "../model/module.h"
#include "finish.h"
#include "mail.h"
#include "query.h"

#include <stdlib.h>

/* Interposed libc functions have no handle, hence this. */
static __thread struct core *current __attribute__((tls_model("initial-exec")));

struct core *core_current(void)
{
	return current;
}

const char *core_current_name(void)
{
	return current ? current->workflow->name : "";
}

bool core_is_stack_overflow(const void *address)
{
	return current && current->running && coroutine_in_guard(&current->running->co, address);
}

static void begin(void *arg)
{
	struct strand *strand = arg;

	strand->body(strand);
}

struct strand *strand_new(struct core *core, strand_fn *body)
{
	struct strand *strand = calloc(1, sizeof *strand);

	if (!strand)
		return NULL;
	if (coroutine_init(&strand->co, &core->stacks, begin, strand) < 0) {
		free(strand);
		return NULL;
	}
	strand->core = core;
	strand->body = body;
	strand->scope = core->running ? core->running->scope : &core->root;
	strand->prev = core->all.last;
	*(core->all.last ? &core->all.last->next : &core->all.first) = strand;
	core->all.last = strand;
	strand_wake(strand);
	return strand;
}

static void strand_free(struct strand *strand)
{
	struct core *core = strand->core;

	*(strand->prev ? &strand->prev->next : &core->all.first) = strand->next;
	*(strand->next ? &strand->next->prev : &core->all.last) = strand->prev;
	coroutine_release(&strand->co, &core->stacks);
	call_free(core, strand->call);
	query_home_gone(core, strand);
	free(strand->owned);
	free(strand);
}

void strand_wake(struct strand *strand)
{
	struct strands *ready = &strand->core->ready;

	if (strand->ready)
		return;
	strand->ready = true;
	strand->next_ready = NULL;
	*(ready->last ? &ready->last->next_ready : &ready->first) = strand;
	ready->last = strand;
}

void strand_wait(struct strand *strand)
{
	do {
		coroutine_leave(&strand->co);
		if (strand->core->looked)
			strand->core->looked(strand);
	} while (strand->core->looked);
}

void strand_meet(struct strand *strand, const struct failure *failure)
{
	strand->failure = failure;
	strand->fresh = true;
}

void strands_drop(struct core *core, const struct strand *but)
{
	struct strand *strand, *next;

	for (strand = core->all.first; strand; strand = next) {
		next = strand->next;
		if (strand != but && !(core->keeps && strand == core->all.first))
			strand_free(strand);
	}
	mail_close(core);
	core->ready.first = core->ready.last = NULL;
	core->conditions.first = core->conditions.last = core->conditions.cursor = NULL;
}

void condition_list(struct condition *c)
{
	struct core *core = c->strand->core;

	c->next = NULL;
	c->prev = core->conditions.last;
	*(c->prev ? &c->prev->next : &core->conditions.first) = c;
	core->conditions.last = c;
	c->listed = true;
}

void condition_unlist(struct condition *c)
{
	struct core *core = c->strand->core;

	if (!c->listed)
		return;
	if (core->conditions.cursor == c)
		core->conditions.cursor = c->next;
	*(c->prev ? &c->prev->next : &core->conditions.first) = c->next;
	*(c->next ? &c->next->prev : &core->conditions.last) = c->prev;
	c->listed = false;
}

void core_die(struct core *core)
{
	core->dead = -ERR_NOMEM;
	for (;;)
		strand_wait(core->running);
}

void core_abort(struct core *core, const struct failure *failure)
{
	if (!failure)
		core_die(core);
	core->abort = failure;
	for (;;)
		strand_wait(core->running);
}

static bool going_on(const struct core *core)
{
	return core->status == CORE_RUNNING && !core->dead;
}

/* What workflow code ended from within goes on here: in a strand that only finishes. */
static void start_abort(struct core *core)
{
	const struct failure *failure = core->abort;
	struct strand *strand;

	core->abort = NULL;
	strands_drop(core, NULL);
	strand = strand_new(core, finish_aborted);
	if (!strand)
		core->dead = -ERR_NOMEM;
	else
		strand_meet(strand, failure);
}

static void switch_in(struct core *core, struct strand *strand)
{
	struct core *before = current;
	struct strand *running = core->running;

	current = core;
	core->running = strand;
	coroutine_enter(&strand->co);
	core->running = running;
	current = before;
}

static void enter(struct core *core, struct strand *strand)
{
	switch_in(core, strand);
	if (core->dead)
		return;
	if (core->abort)
		start_abort(core);
	else if (strand->co.finished)
		strand_free(strand);
}

static void drain(struct core *core)
{
	struct strand *strand;

	while (going_on(core) && (strand = core->ready.first)) {
		core->ready.first = strand->next_ready;
		if (!core->ready.first)
			core->ready.last = NULL;
		strand->ready = false;
		enter(core, strand);
	}
}

/* Ask every condition once, the one that waits longest first; it goes on at once if it holds. */
static bool judge(struct core *core)
{
	uint64_t before = core->conditions.held;

	for (struct condition *c = core->conditions.first; c && going_on(core);
	     c = core->conditions.cursor) {
		core->conditions.cursor = c->next;
		enter(core, c->strand);
		drain(core);
	}
	core->conditions.cursor = NULL;
	return core->conditions.held != before;
}

int strand_call(struct core *core, strand_fn *body, struct call *call)
{
	struct random random = core->random, chosen = core->chosen;
	struct strands ready = core->ready;
	struct strand *strand = strand_new(core, body);

	core->ready = ready;
	if (ready.last)
		ready.last->next_ready = NULL;
	if (!strand)
		return -1;
	strand->call = call;
	strand->judging = true;
	switch_in(core, strand);
	call->failure = core->abort ? core->abort : strand->failure;
	core->abort = NULL;
	core->random = random;
	core->chosen = chosen;
	strand->call = NULL;
	strand_free(strand);
	return core->dead ? -1 : 0;
}

void strands_look(struct core *core, void (*look)(struct strand *strand), void *arg)
{
	core->looked = look;
	core->looked_arg = arg;
	for (struct strand *strand = core->all.first; strand; strand = strand->next)
		switch_in(core, strand);
	core->looked = NULL;
}

/* Start what handles the next signal. */
static bool attend(struct core *core)
{
	int rc = mail_handle(core);

	if (rc < 0)
		core->dead = -ERR_NOMEM;
	return rc > 0;
}

void core_run(struct core *core)
{
	do
		drain(core);
	while (going_on(core) && (attend(core) || judge(core)));
}
