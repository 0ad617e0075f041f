/* SPDX-License-Identifier: MIT */
#include "core.h"

#include "../base/error.h"
#include "../model/module.h"
#include "../model/told.h"
#include "evolve.h"
#include "finish.h"
#include "future.h"
#include "match.h"

#include <stdlib.h>
#include <string.h>

#define STACK_BYTES ((size_t)1024 * 1024)

static int check_options(const struct core_options *o, struct err *err)
{
	const struct module *module = o->module;

	if (o->rules > CORE_RULES)
		return err_set(err, ERR_NEWER,
			       "the run follows replay rules %u, this wf knows up to %u", o->rules,
			       CORE_RULES);
	if (o->workflow < 0 || (size_t)o->workflow >= module->count ||
	    module->entries[o->workflow].kind != WF_KIND_WORKFLOW)
		return err_set(err, ERR_USAGE, "entry %d of the module is no workflow",
			       o->workflow);
	return 0;
}

int core_new(struct core **ret, const struct core_options *o, struct err *err)
{
	struct core *core;
	int rc = check_options(o, err);

	if (rc < 0)
		return rc;
	core = calloc(1, sizeof *core);
	if (!core)
		return err_nomem(err);
	core->ctx.core = core;
	core->module = o->module;
	core->workflow = &o->module->entries[o->workflow];
	core->payload = o->payload;
	core->payload_arg = o->payload_arg;
	core->created = core->now = o->created;
	core->generation = o->generation ? o->generation : 1;
	core->commands.last = o->commands;
	core->input = o->input ? json_incref(o->input) : json_null();
	stack_pool_init(&core->stacks, o->stack_bytes ? o->stack_bytes : STACK_BYTES);
	random_init(&core->random, o->seed);
	core->run_id = strdup(o->run_id);
	core->told = told_new(o->options);
	core->evolve.origins = json_incref(json_object_get(o->options, "origins"));
	core->held = json_object();
	if (!core->run_id || !core->told || !core->held) {
		core_free(core);
		return err_nomem(err);
	}
	*ret = core;
	return 0;
}

void core_free(struct core *core)
{
	if (!core)
		return;
	core->keeps = false;
	strands_drop(core, NULL);
	commands_release(&core->commands);
	compensations_free(core);
	while (core->futures)
		future_free(core->futures);
	json_decref(core->next_input);
	json_decref(core->result);
	json_decref(core->error);
	json_decref(core->compensation_errors);
	scopes_free(core);
	mail_release(core);
	evolve_release(&core->evolve);
	failures_free(&core->failures);
	kept_release(&core->kept);
	json_decref(core->input);
	json_decref(core->told);
	json_decref(core->held);
	stack_pool_release(&core->stacks);
	free(core->run_id);
	free(core);
}

int core_feed(struct core *core, const struct event *event, struct err *err)
{
	int rc;

	if (core->dead)
		return err_set(err, -core->dead, "the workflow cannot go on after an error");
	if (event_is_note(event->type))
		return 0;
	if (core->evolve.open_from && event->seq >= core->evolve.open_from)
		core->evolve.open = true;
	rc = match_event(core, event, err);
	if (rc == 0) {
		core_run(core);
		rc = core->dead ? evolve_why(core, err) : 0;
	}
	if (rc < 0)
		core->dead = rc;
	return rc;
}

void core_set_live(struct core *core)
{
	core->live = true;
}

const struct command *core_next(struct core *core)
{
	return core->live && !core->dead ? commands_next(&core->commands) : NULL;
}

json_t *core_side_effect(struct core *core, uint64_t id)
{
	struct entry *entry = commands_find(&core->commands, id);
	json_t *value = NULL;

	if (entry && entry->command.kind == COMMAND_SIDE_EFFECT)
		value = entry->fn(&core->ctx, entry->arg);
	return value ? value : json_null();
}

bool core_is_open(const struct core *core, uint64_t id)
{
	return commands_find(&core->commands, id) != NULL;
}

enum core_status core_status(const struct core *core)
{
	return core->status;
}

json_t *core_result(const struct core *core)
{
	return core->result;
}

json_t *core_error(const struct core *core)
{
	return core->error;
}

unsigned core_generation(const struct core *core)
{
	return core->generation;
}

uint64_t core_commands(const struct core *core)
{
	return core->commands.last;
}

int64_t core_now(const struct core *core)
{
	return core->now;
}
