/* SPDX-License-Identifier: MIT */
#include "finish.h"

#include "../model/module.h"
#include "author.h"
#include "continue.h"
#include "future.h"

#include <alloca.h>
#include <stdlib.h>

/* A part of a kept value is looked for among all of them; beyond so many only at the end of the
 * workflow. */
#define KEPT_SEARCH 1000

/* What workflow code returns is stolen, unless it was only lent to it. */
json_t *finish_take(struct core *core, json_t *value, bool at_end)
{
	bool lent = false;

	if (!value)
		return NULL;
	if (at_end || core->kept.count <= KEPT_SEARCH)
		lent = kept_holds(&core->kept, value);
	else
		lent = kept_has(&core->kept, value);
	lent = lent || json_holds(core->input, value);
	for (struct failure *f = core->failures; f && !lent && at_end; f = f->next)
		lent = json_holds(f->json, value);
	return lent ? json_incref(value) : value;
}

const struct failure *finish_why(struct strand *strand, const char *who)
{
	if (!strand->failure)
		author_fail(strand->core, "no_result", "%s returned neither a value nor a failure",
			    who);
	return strand->failure;
}

/* One compensation that failed for good: the rest still run. */
static void note_failed(struct core *core, const struct failure *failure)
{
	if (!core->compensation_errors)
		core->compensation_errors = json_array();
	if (!core->compensation_errors ||
	    json_array_append(core->compensation_errors, failure->json) < 0)
		core_die(core);
}

static void compensate(struct core *core)
{
	while (core->compensations) {
		struct compensation *first = core->compensations;
		struct entry *entry = first->entry;
		struct wf_future future;

		core->compensations = first->next;
		free(first);
		author_ask(core, entry);
		future_init(&future, core);
		future_stand_for(&future, entry);
		future_wait(&future, core->running);
		if (future.state == FUTURE_FAILED)
			note_failed(core, future.failure);
		future_release(&future);
	}
}

static void end(struct core *core, enum core_status status)
{
	commands_detach(&core->commands, true);
	core->status = status;
}

/* A compensation is behind every shield: nothing cancels it. */
static void fail(struct strand *strand)
{
	struct core *core = strand->core;
	const struct failure *failure = finish_why(strand, core->workflow->name);
	enum core_status status = core->root.failure ? CORE_CANCELLED : CORE_FAILED;

	strands_drop(core, strand);
	commands_detach(&core->commands, false);
	strand->scope = NULL;
	compensate(core);
	core->error = json_copy(failure->json);
	if (!core->error ||
	    (core->compensation_errors &&
	     json_object_set(core->error, "compensations", core->compensation_errors) < 0))
		core_die(core);
	end(core, status);
}

static void __attribute__((noinline)) end_workflow(struct strand *strand, json_t *value)
{
	struct core *core = strand->core;

	if (value && json_deeper(value, DEEPEST)) {
		author_fail(core, "bad_result", "the result is nested deeper than %d levels",
			    DEEPEST);
		value = NULL;
	}
	if (!value && (core->result = continue_take(strand))) {
		strands_drop(core, strand);
		end(core, CORE_CONTINUED);
		return;
	}
	if (!value) {
		fail(strand);
		return;
	}
	core->result = finish_take(core, value, true);
	end(core, CORE_COMPLETED);
}

/* The sanitizer would mark the frame below as the redzone of what is left out here. */
__attribute__((no_sanitize("address"))) void finish_workflow(struct strand *strand)
{
	struct core *core = strand->core;
	json_t *value = core->workflow->workflow(&core->ctx, core->input);

	if (core->keeps) {
		/* a query may ask for what the workflow function had in its frame, just below: the
		 * stack is used only beyond it from here on, and never given back */
		char *beyond = alloca(core->stacks.bytes / 4);

		__asm__ volatile("" : : "r"(beyond) : "memory");
		end_workflow(strand, value);
		for (;;)
			strand_wait(strand);
	}
	end_workflow(strand, value);
}

void finish_aborted(struct strand *strand)
{
	fail(strand);
}

void finish_spawned(struct strand *strand)
{
	struct core *core = strand->core;
	json_t *value = finish_take(core, strand->fn(&core->ctx, strand->arg), false);
	const struct failure *failure = value ? NULL : finish_why(strand, "a coroutine");

	future_settle(strand->future, value, failure);
	future_forget_settled(strand->future);
}

void compensations_free(struct core *core)
{
	while (core->compensations) {
		struct compensation *first = core->compensations;
		core->compensations = first->next;
		entry_free(first->entry);
		free(first);
	}
}
