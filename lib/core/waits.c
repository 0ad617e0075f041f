/* SPDX-License-Identifier: MIT */
/* What a workflow waits for, for whoever asks from outside. */
#include "schedule.h"

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
	default:
		return json_pack("{s:s, s:I}", "kind", "side_effect", "cmd", id);
	}
}

json_t *core_waits(const struct core *core)
{
	json_t *waits = json_array();
	int rc = waits ? 0 : -1;

	if (core->status != CORE_RUNNING)
		return waits;
	for (const struct entry *e = core->commands.open.first; e && rc == 0; e = e->next)
		rc = json_array_append_new(waits, wait_of(e));
	for (const struct condition *c = core->conditions.first; c && rc == 0; c = c->next)
		rc = json_array_append_new(waits, json_pack("{s:s}", "kind", "condition"));
	if (rc == 0)
		return waits;
	json_decref(waits);
	return NULL;
}
