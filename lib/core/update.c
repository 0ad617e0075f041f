/* SPDX-License-Identifier: MIT */
#include "update.h"

#include "../base/error.h"
#include "author.h"
#include "finish.h"

#include <stdlib.h>
#include <string.h>

struct update_handler *update_find_handler(const struct core *core, const char *name)
{
	struct update_handler *handler = core->mail.update_handlers;

	while (handler && strcmp(handler->name, name) != 0)
		handler = handler->next;
	return handler;
}

struct update *update_find(const struct core *core, const char *id)
{
	struct update *update = core->mail.updates;

	while (update && strcmp(update->id, id) != 0)
		update = update->next;
	return update;
}

static void update_free(struct update *update)
{
	json_decref(update->result);
	json_decref(update->error);
	free(update->id);
	free(update);
}

void update_forget(struct core *core, struct update *update)
{
	struct update **link = &core->mail.updates;

	while (*link != update)
		link = &(*link)->next;
	*link = update->next;
	commands_unsay_update(&core->commands, update->id);
	update_free(update);
}

void updates_release(struct core *core)
{
	while (core->mail.updates) {
		struct update *update = core->mail.updates;
		core->mail.updates = update->next;
		update_free(update);
	}
	while (core->mail.update_handlers) {
		struct update_handler *handler = core->mail.update_handlers;
		core->mail.update_handlers = handler->next;
		free(handler->name);
		free(handler);
	}
}

/* ---- validating */

static void validate(struct strand *strand)
{
	struct call *call = strand->call;

	call->valid = call->validate(&strand->core->ctx, call->payload, call->arg);
}

static int refuse(json_t **ret_error, struct err *err, const char *type, const char *format,
		  const char *name)
{
	char message[300];

	snprintf(message, sizeof message, format, name);
	*ret_error = json_pack("{s:s, s:s}", "type", type, "message", message);
	return *ret_error ? 1 : err_nomem(err);
}

static int run_validator(struct core *core, const struct update_handler *handler,
			 const json_t *payload, json_t **ret_error, struct err *err)
{
	struct call call = {.name = handler->name,
			    .validate = handler->validate,
			    .arg = handler->arg,
			    .payload = (json_t *)(uintptr_t)payload};

	if (strand_call(core, validate, &call) < 0)
		return err_nomem(err);
	if (call.valid && !call.failure)
		return 0;
	if (!call.failure)
		return refuse(ret_error, err, "refused", "update '%s' was refused", handler->name);
	*ret_error = json_copy(call.failure->json);
	return *ret_error ? 1 : err_nomem(err);
}

int core_validate(struct core *core, const char *name, const json_t *payload, json_t **ret_error,
		  struct err *err)
{
	const struct update_handler *handler = update_find_handler(core, name);

	if (core->dead)
		return err_set(err, -core->dead, "the workflow cannot go on after an error");
	if (core->status != CORE_RUNNING || core->mail.closed)
		return refuse(ret_error, err, "run_ended", "the run ends, update '%s' is too late",
			      name);
	if (!handler)
		return refuse(ret_error, err, "no_such_update", "the workflow has no update '%s'",
			      name);
	return handler->validate ? run_validator(core, handler, payload, ret_error, err) : 0;
}

/* ---- running */

static void say_end(struct core *core, struct update *update)
{
	struct entry *entry = entry_new(COMMAND_UPDATE);

	if (!entry || !(entry->name = strdup(update->id))) {
		entry_free(entry);
		core_die(core);
	}
	entry->command.name = entry->name;
	entry->value = json_incref(update->result ? update->result : update->error);
	entry->command.value = entry->value;
	entry->command.failed = update->error != NULL;
	commands_say(&core->commands, entry);
}

static void handle(struct strand *strand)
{
	struct core *core = strand->core;
	struct call *call = strand->call;
	struct update *update = call->update;
	json_t *value = call->fn(&core->ctx, call_lend(core, call), call->arg);

	if (value && json_deeper(value, DEEPEST)) {
		author_fail(core, "bad_result", "the result is nested deeper than %d levels",
			    DEEPEST);
		value = NULL;
	}
	if (value)
		update->result = finish_take(core, value, false);
	else
		update->error = json_copy(finish_why(strand, "the update's handler")->json);
	if (!update->result && !update->error)
		core_die(core);
	say_end(core, update);
}

int update_begin(struct core *core, const struct update_handler *handler, const char *id,
		 json_t *payload)
{
	struct update *update = calloc(1, sizeof *update);
	struct call *call;

	if (!update || !(update->id = strdup(id))) {
		free(update);
		json_decref(payload);
		return -1;
	}
	update->next = core->mail.updates;
	core->mail.updates = update;
	call = mail_call(core, handle, payload);
	if (!call)
		return -1;
	call->name = handler->name;
	call->fn = handler->fn;
	call->arg = handler->arg;
	call->update = update;
	return 0;
}
