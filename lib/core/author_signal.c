/* SPDX-License-Identifier: MIT */
/* Signals and updates, as workflow code sees them. */
#include "author.h"

#include "../base/str.h"
#include "../model/message.h"
#include "future.h"
#include "update.h"

#include <stdlib.h>
#include <string.h>

bool author_name(struct core *core, const char *what, const char *name)
{
	const char *problem = message_name_problem(name);

	if (problem)
		author_fail(core, "bad_name", "the name of a %s %s", what, problem);
	return !problem;
}

static struct channel *channel_of(struct core *core, const char *name)
{
	struct channel *channel;

	if (!author_name(core, "signal", name))
		return NULL;
	channel = mail_channel(core, name);
	if (!channel)
		core_die(core);
	return channel;
}

static json_t *lend(struct core *core, json_t *payload)
{
	if (kept_add(&core->kept, payload) < 0)
		core_die(core);
	core->running->fresh = false;
	return payload;
}

wf_future *wf_receive_start(wf_ctx *wf, const char *name)
{
	struct core *core = author_asking(wf);
	struct channel *channel = core ? channel_of(core, name) : NULL;
	struct wf_future *future;

	if (!core)
		return NULL;
	if (channel && scope_stopped(core))
		strand_meet(core->running, scope_stopped(core));
	if (!channel || scope_stopped(core))
		return author_failed(core);
	future = future_new(core);
	if (!future)
		core_die(core);
	if (channel->first) {
		future_settle(future, mail_take(channel), NULL);
		return future;
	}
	mail_wait(channel, future);
	scope_watch(future);
	return future;
}

json_t *wf_receive(wf_ctx *wf, const char *name)
{
	struct core *core = author_asking(wf);
	struct channel *channel = core ? channel_of(core, name) : NULL;
	struct wf_future *future;
	json_t *payload;

	if (!channel)
		return NULL;
	if (channel->first && !scope_stopped(core))
		return lend(core, mail_take(channel));
	future = wf_receive_start(wf, name);
	payload = author_await(core, future);
	future_free(future);
	return payload;
}

json_t *wf_receive_now(wf_ctx *wf, const char *name)
{
	struct core *core = author_asking(wf);
	struct channel *channel = core ? channel_of(core, name) : NULL;

	return channel && channel->first ? lend(core, mail_take(channel)) : NULL;
}

void wf_on_signal(wf_ctx *wf, const char *name, wf_signal_fn *fn, void *arg)
{
	struct core *core = author_asking(wf);
	struct channel *channel = core && name ? channel_of(core, name) : NULL;

	if (!core || (name && !channel))
		return;
	if (channel) {
		channel->handler = fn;
		channel->arg = arg;
	} else {
		core->mail.others = fn;
		core->mail.others_arg = arg;
	}
	core->mail.attend = true;
}

const char *wf_signal_name(wf_ctx *wf)
{
	const struct core *core = author_core(wf);
	const struct call *call = core ? core->running->call : NULL;

	return call && call->signal ? call->name : NULL;
}

bool wf_handlers_done(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core && mail_handled(core);
}

void wf_on_update(wf_ctx *wf, const char *name, wf_validate_fn *validate, wf_update_fn *fn,
		  void *arg)
{
	struct core *core = author_asking(wf);
	struct update_handler *handler;

	if (!core || !author_name(core, "update", name))
		return;
	handler = update_find_handler(core, name);
	if (!handler) {
		handler = calloc(1, sizeof *handler);
		if (!handler || !(handler->name = strdup(name))) {
			free(handler);
			core_die(core);
		}
		handler->next = core->mail.update_handlers;
		core->mail.update_handlers = handler;
	}
	handler->validate = validate;
	handler->fn = fn;
	handler->arg = arg;
}

/* ---- to another run */

static struct entry *signal_entry(struct core *core, const char *run_id, const char *name,
				  const json_t *payload)
{
	struct entry *entry = entry_new(COMMAND_SIGNAL);

	if (entry) {
		entry->run = strdup(run_id);
		entry->name = strdup(name);
		entry->value = payload ? json_deep_copy(payload) : json_null();
	}
	if (!entry || !entry->run || !entry->name || !entry->value) {
		entry_free(entry);
		core_die(core);
	}
	entry->command.run = entry->run;
	entry->command.name = entry->name;
	entry->command.value = entry->value;
	return entry;
}

int wf_signal(wf_ctx *wf, const char *run_id, const char *name, const json_t *payload)
{
	struct core *core = author_asking(wf);
	const char *problem = run_id ? str_id_problem(run_id) : "is missing";

	if (!core || !author_name(core, "signal", name))
		return -1;
	if (problem) {
		author_fail(core, "bad_name", "the id of a run %s", problem);
		return -1;
	}
	if (json_deeper(payload, DEEPEST)) {
		author_fail(core, "bad_input", "signal '%s' is nested deeper than %d levels", name,
			    DEEPEST);
		return -1;
	}
	return author_ask_and_wait(core, signal_entry(core, run_id, name, payload)) ? 0 : -1;
}

/* ---- memory of the run's */

void *wf_alloc(wf_ctx *wf, size_t size)
{
	struct core *core = author_core(wf);
	struct block *block;

	if (!core)
		return NULL;
	block = size < SIZE_MAX / 2 ? calloc(1, sizeof *block + size) : NULL;
	if (!block)
		core_die(core);
	block->next = core->mail.blocks;
	core->mail.blocks = block;
	return block->data;
}
