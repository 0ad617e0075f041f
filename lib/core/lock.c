/* SPDX-License-Identifier: MIT */
/*
 * Named locks across runs, as the workflow sees them: to acquire is a command that is answered
 * once the lock is held, to let go one that nobody waits for. Which run holds what is decided
 * outside; here is only what this run believes to hold.
 */
#include "author.h"

#include "../base/error.h"
#include "../base/str.h"
#include "future.h"
#include "match_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The command's number as a name in core->held. */
static const char *key_of(uint64_t cmd, char out[24])
{
	snprintf(out, 24, "%llu", (unsigned long long)cmd);
	return out;
}

static struct entry *lock_entry(struct core *core, enum command_kind kind, json_t *fields)
{
	struct entry *entry = fields ? entry_new(kind) : NULL;

	if (!entry) {
		json_decref(fields);
		core_die(core);
	}
	entry->fields = fields;
	entry->command.fields = fields;
	return entry;
}

int wf_acquire(wf_ctx *wf, const char *name, unsigned limit)
{
	struct core *core = author_asking(wf);
	const char *problem = name ? str_id_problem(name) : "is missing";
	json_t *fields;

	if (!core)
		return -1;
	if (problem || limit < 1 || limit > INT32_MAX) {
		author_fail(core, "bad_option", "the %s of a lock %s", problem ? "name" : "limit",
			    problem ? problem : "is not a number from 1 to 2147483647");
		return -1;
	}
	fields = json_pack("{s:s, s:I}", "lock", name, "limit", (json_int_t)limit);
	return author_ask_and_wait(core, lock_entry(core, COMMAND_ACQUIRE, fields)) ? 0 : -1;
}

/* The command that this run acquired name by, first of those that it still holds; 0: none. */
static uint64_t first_held(const struct core *core, const char *name)
{
	const char *key;
	json_t *fields;
	uint64_t first = 0;

	json_object_foreach (core->held, key, fields) {
		uint64_t cmd = strtoull(key, NULL, 10);

		if (strcmp(json_string_value(json_object_get(fields, "lock")), name) == 0 &&
		    (!first || cmd < first))
			first = cmd;
	}
	return first;
}

void wf_let_go(wf_ctx *wf, const char *name)
{
	struct core *core = author_asking(wf);
	uint64_t cmd;
	char key[24];

	if (!core)
		return;
	cmd = name ? first_held(core, name) : 0;
	if (!cmd) {
		author_fail(core, "not_held", "this run does not hold the lock '%s'",
			    name ? name : "");
		return;
	}
	json_object_del(core->held, key_of(cmd, key));
	author_ask(core,
		   lock_entry(core, COMMAND_LET_GO,
			      json_pack("{s:s, s:I}", "lock", name, "acquired", (json_int_t)cmd)));
}

int match_lock_acquired(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	char key[24];
	int rc = match_fields(core, event, COMMAND_ACQUIRE, &entry, err);

	if (rc <= 0)
		return rc;
	/* one that was given up meanwhile is not held: who serves the cancellation lets it go */
	if (entry->future &&
	    json_object_set(core->held, key_of(event->cmd, key), entry->fields) < 0)
		return err_nomem(err);
	match_settle(core, event, entry, json_true(), NULL);
	return 0;
}

int match_lock_let_go(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	int rc = match_fields(core, event, COMMAND_LET_GO, &entry, err);

	if (rc > 0)
		match_settle(core, event, entry, NULL, NULL);
	return rc < 0 ? rc : 0;
}

const json_t *core_held(const struct core *core)
{
	return core->held;
}
