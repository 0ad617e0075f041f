/* SPDX-License-Identifier: MIT */
#include "author.h"

#include "future.h"

#include <stdarg.h>

struct core *author_core(const wf_ctx *wf)
{
	struct core *core = core_current();

	return wf && core && wf->core == core ? core : NULL;
}

struct core *author_asking(const wf_ctx *wf)
{
	struct core *core = author_core(wf);

	if (!core || !core->running->judging)
		return core;
	author_fail(
		core, "wrong_place",
		"a predicate of wf_condition(), a validator or a query's handler may not ask or wait");
	return NULL;
}

void author_fail(struct core *core, const char *type, const char *format, ...)
{
	struct failure *failure;
	va_list ap;

	va_start(ap, format);
	failure = failure_vnew(&core->failures, NULL, type, format, ap);
	va_end(ap);
	if (!failure)
		core_die(core);
	strand_meet(core->running, failure);
}

void author_ask(struct core *core, struct entry *entry)
{
	entry->command.asked = core->now;
	entry->scope = core->running->scope;
	if (commands_ask(&core->commands, entry) < 0)
		core_die(core);
}

static json_t *outcome(struct core *core, wf_future *future)
{
	if (future->state == FUTURE_FAILED) {
		strand_meet(core->running, future->failure);
		return NULL;
	}
	core->running->fresh = false;
	return future_lend(future);
}

/* What is asked for in a cancelled scope fails before it begins; a side effect is brief, and no
 * wait.
 */
static bool refused(struct core *core, struct entry *entry)
{
	const struct failure *failure = scope_stopped(core);

	if (!failure || entry->command.kind == COMMAND_SIDE_EFFECT)
		return false;
	entry_free(entry);
	strand_meet(core->running, failure);
	return true;
}

json_t *author_ask_and_wait(struct core *core, struct entry *entry)
{
	struct wf_future future;

	if (refused(core, entry))
		return NULL;
	future_init(&future, core);
	author_ask(core, entry);
	future_stand_for(&future, entry);
	future_wait(&future, core->running);
	return outcome(core, &future);
}

wf_future *author_start(struct core *core, struct entry *entry)
{
	wf_future *future;

	if (refused(core, entry))
		return author_failed(core);
	future = future_new(core);
	if (!future) {
		entry_free(entry);
		core_die(core);
	}
	author_ask(core, entry);
	future_stand_for(future, entry);
	return future;
}

wf_future *author_failed(struct core *core)
{
	wf_future *future = future_new(core);

	if (!future)
		core_die(core);
	future_settle(future, NULL, core->running->failure);
	return future;
}

json_t *author_await(struct core *core, wf_future *future)
{
	if (!future) {
		author_fail(core, "no_future", "there is no future to wait for");
		return NULL;
	}
	future_wait(future, core->running);
	return outcome(core, future);
}
