/* SPDX-License-Identifier: MIT */
#include "scope.h"

#include "../model/child.h"
#include "author.h"
#include "future.h"

#include <stdarg.h>
#include <stdlib.h>

const struct failure *scope_failure(const struct wf_scope *scope)
{
	for (; scope; scope = scope->shield ? NULL : scope->parent)
		if (scope->failure)
			return scope->failure;
	return NULL;
}

const struct failure *scope_stopped(const struct core *core)
{
	return scope_failure(core->running->scope);
}

void scope_watch(struct wf_future *future)
{
	struct core *core = future->core;

	if (!core->running->scope)
		return;
	future->watch = (struct scope_watch){core->running->scope, core->watched.last, NULL};
	*(core->watched.last ? &core->watched.last->watch.next : &core->watched.first) = future;
	core->watched.last = future;
}

void scope_unwatch(struct wf_future *future)
{
	struct core *core = future->core;
	struct scope_watch *watch = &future->watch;

	if (!watch->scope)
		return;
	*(watch->prev ? &watch->prev->watch.next : &core->watched.first) = watch->next;
	*(watch->next ? &watch->next->watch.prev : &core->watched.last) = watch->prev;
	watch->scope = NULL;
}

static struct failure *make_failure(struct core *core, const char *format, ...)
{
	struct failure *failure;
	va_list ap;

	va_start(ap, format);
	failure = failure_vnew(&core->failures, NULL, "cancelled", format, ap);
	va_end(ap);
	return failure;
}

/* Steps that nobody waits for any more go on, or are asked to stop; timers are forgotten. What else
 * a workflow asks for is brief, and comes to its end. */
static int cancel_entry(struct core *core, struct entry *entry, const struct failure *failure)
{
	struct wf_future *future = entry->future;
	bool step = entry->command.kind == COMMAND_STEP;

	enum step_cancel how = entry->child ? entry->child->on_cancel
			       : step       ? entry->step.on_cancel
					    : STEP_CANCEL_TRY;

	if (!step && !entry->child && entry->command.kind != COMMAND_TIMER)
		return 0;
	if (how == STEP_CANCEL_WAIT)
		return commands_stop(&core->commands, entry);
	if (how == STEP_CANCEL_ABANDON)
		entry->future = NULL;
	else if (commands_cancel(&core->commands, entry) < 0)
		return -1;
	if (!future)
		return 0;
	future_settle(future, NULL, failure);
	future_forget_settled(future);
	return 0;
}

/* In the order of asking, so that replay wakes the same strands in the same order. */
static int cancel_entries(struct core *core)
{
	struct entry *entry, *next;

	for (entry = core->commands.open.first; entry; entry = next) {
		const struct failure *failure = scope_failure(entry->scope);
		next = entry->next;
		if (failure && cancel_entry(core, entry, failure) < 0)
			return -1;
	}
	return 0;
}

static void cancel_watched(struct core *core)
{
	struct wf_future *future, *next;

	for (future = core->watched.first; future; future = next) {
		const struct failure *failure = scope_failure(future->watch.scope);
		next = future->watch.next;
		if (!failure)
			continue;
		future_settle(future, NULL, failure);
		future_forget_settled(future);
	}
}

int scope_cancel(struct core *core, struct wf_scope *scope, const char *reason)
{
	if (scope->failure)
		return 0;
	scope->failure = make_failure(core, "%s",
				      reason          ? reason
				      : scope->parent ? "the scope was cancelled"
						      : "the run was cancelled");
	if (!scope->failure || cancel_entries(core) < 0)
		return -1;
	cancel_watched(core);
	return 0;
}

void scopes_free(struct core *core)
{
	while (core->scopes) {
		struct wf_scope *scope = core->scopes;
		core->scopes = scope->next;
		free(scope);
	}
}

/* ---- wf.h */

static wf_scope *begin(wf_ctx *wf, bool shield)
{
	struct core *core = author_core(wf);
	struct wf_scope *scope = core ? calloc(1, sizeof *scope) : NULL;

	if (!core)
		return NULL;
	if (!scope)
		core_die(core);
	scope->parent = core->running->scope;
	scope->shield = shield;
	scope->next = core->scopes;
	core->scopes = scope;
	core->running->scope = scope;
	return scope;
}

wf_scope *wf_scope_begin(wf_ctx *wf)
{
	return begin(wf, false);
}

wf_scope *wf_shield_begin(wf_ctx *wf)
{
	return begin(wf, true);
}

/* A scope that the strand is not in (ended before, or another strand's) stays as it is. */
void wf_scope_end(wf_ctx *wf, wf_scope *scope)
{
	struct core *core = author_core(wf);
	struct wf_scope *outer;

	if (!core || !scope)
		return;
	for (outer = core->running->scope; outer && outer != scope; outer = outer->parent)
		;
	if (outer)
		core->running->scope = outer->parent;
}

void wf_scope_cancel(wf_ctx *wf, wf_scope *scope, const char *reason)
{
	struct core *core = author_core(wf);

	if (core && scope && scope_cancel(core, scope, reason) < 0)
		core_die(core);
}

bool wf_is_cancelled(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core && scope_stopped(core);
}
