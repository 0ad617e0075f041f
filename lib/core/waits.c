/* SPDX-License-Identifier: MIT */
/* What a workflow waits for, for whoever asks from outside. */
#include "../model/child.h"
#include "future.h"

size_t core_waiting(const struct core *core)
{
	return core->status == CORE_RUNNING ? core->commands.open_count : 0;
}

static json_t *wait_of(const struct entry *entry)
{
	json_int_t id = (json_int_t)entry->command.id;

	switch (entry->command.kind) {
	case COMMAND_STEP:
		return json_pack("{s:s, s:I, s:s}", "kind", "step", "cmd", id, "name",
				 entry->step.name);
	case COMMAND_TIMER:
		return json_pack("{s:s, s:I, s:I}", "kind", "timer", "cmd", id, "until",
				 (json_int_t)entry->command.due);
	case COMMAND_ACQUIRE:
		return json_pack("{s:s, s:I, s:O, s:O}", "kind", "lock", "cmd", id, "name",
				 json_object_get(entry->fields, "lock"), "limit",
				 json_object_get(entry->fields, "limit"));
	case COMMAND_SIGNAL:
		return json_pack("{s:s, s:I, s:s, s:s}", "kind", "signal_sent", "cmd", id, "name",
				 entry->name, "run", entry->run);
	case COMMAND_CHILD:
		return json_pack("{s:s, s:I, s:s, s:s}", "kind", "child", "cmd", id, "id",
				 entry->child->id, "name", entry->child->workflow);
	default:
		return json_pack("{s:s, s:I}", "kind", "side_effect", "cmd", id);
	}
}

static json_t *receive_of(const struct channel *channel)
{
	return json_pack("{s:s, s:s}", "kind", "signal", "name", channel->name);
}

static json_t *condition_of(void)
{
	return json_pack("{s:s}", "kind", "condition");
}

json_t *core_waits(const struct core *core)
{
	json_t *waits = json_array();
	int rc = waits ? 0 : -1;

	if (core->status != CORE_RUNNING)
		return waits;
	for (const struct entry *e = core->commands.open.first; e && rc == 0; e = e->next)
		if (e->command.kind != COMMAND_TELL && e->command.kind != COMMAND_LET_GO)
			rc = json_array_append_new(waits, wait_of(e));
	for (const struct channel *c = core->mail.first; c && rc == 0; c = c->next)
		if (c->first_taker)
			rc = json_array_append_new(waits, receive_of(c));
	for (const struct condition *c = core->conditions.first; c && rc == 0; c = c->next)
		rc = json_array_append_new(waits, condition_of());
	if (rc == 0)
		return waits;
	json_decref(waits);
	return NULL;
}

/* ---- of one strand */

static bool waits_for(const struct strand *strand, const struct wf_future *future)
{
	const struct waiter *w = future ? future->first : NULL;

	while (w && w->strand != strand)
		w = w->next;
	return w != NULL;
}

static int add_receives(const struct strand *strand, json_t *waits)
{
	int rc = 0;

	for (const struct channel *c = strand->core->mail.first; c; c = c->next)
		for (const struct wf_future *f = c->first_taker; f && rc == 0; f = f->taker_next)
			if (waits_for(strand, f))
				rc = json_array_append_new(waits, receive_of(c));
	return rc;
}

json_t *waits_of_strand(const struct strand *strand)
{
	const struct core *core = strand->core;
	json_t *waits = json_array();
	int rc = waits ? 0 : -1;

	for (const struct entry *e = core->commands.open.first; e && rc == 0; e = e->next)
		if (waits_for(strand, e->future))
			rc = json_array_append_new(waits, wait_of(e));
	if (rc == 0)
		rc = add_receives(strand, waits);
	for (const struct strand *s = core->all.first; s && rc == 0; s = s->next)
		if (waits_for(strand, s->future))
			rc = json_array_append_new(waits, json_pack("{s:s}", "kind", "coroutine"));
	for (const struct condition *c = core->conditions.first; c && rc == 0; c = c->next)
		if (c->strand == strand)
			rc = json_array_append_new(waits, condition_of());
	if (rc == 0)
		return waits;
	json_decref(waits);
	return NULL;
}
