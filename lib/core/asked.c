/* SPDX-License-Identifier: MIT */
/* What a workflow asked for, for whoever looks from outside while it has no outcome. */
#include "../model/child.h"
#include "future.h"

/* The scope whose cancellation reaches this one; NULL: none was cancelled. */
static const struct wf_scope *cancelled_around(const struct wf_scope *scope)
{
	for (; scope && !scope->failure; scope = scope->shield ? NULL : scope->parent)
		;
	return scope;
}

/* Scopes are numbered as they were begun; the run itself is 0. */
static unsigned number_of(const struct core *core, const struct wf_scope *scope)
{
	unsigned n = 0;

	if (scope == &core->root)
		return 0;
	for (; scope; scope = scope->next)
		n++;
	return n;
}

bool core_asked(const struct core *core, uint64_t id, struct core_asked *ret)
{
	const struct entry *entry = commands_find(&core->commands, id);
	const struct wf_scope *scope;

	if (!entry)
		return false;
	scope = cancelled_around(entry->scope);
	*ret = (struct core_asked){
		.command = &entry->command,
		.name = entry->command.kind == COMMAND_STEP ? entry->step.name
			: entry->child                      ? entry->child->workflow
			: entry->name                       ? entry->name
				      : json_string_value(json_object_get(entry->fields, "lock")),
		.given_up = entry->cancelled || entry->stopping || scope,
		.on_cancel = entry->child ? entry->child->on_cancel : entry->step.on_cancel,
		.scope = scope ? number_of(core, scope) : 0,
		.reason = scope ? scope->failure->seen.message : NULL,
	};
	return true;
}
