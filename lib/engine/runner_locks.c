/* SPDX-License-Identifier: MIT */
#include "runner_locks.h"

#include "../base/str.h"
#include "../store/locks.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "lookout.h"
#include "runner.h"
#include "runner_gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A lock that is waited for. */
struct lock_wait {
	struct lock_wait *next;
	json_t *fields; /* owned: lock, limit */
	uint64_t cmd;
	bool regain; /* held before the last driver died */
};

static const char *name_of(const json_t *fields)
{
	const char *name = json_string_value(json_object_get(fields, "lock"));

	return name ? name : "";
}

static struct lock_claim claim_of(const struct runner *r, const json_t *fields, uint64_t cmd)
{
	return (struct lock_claim){
		.name = name_of(fields),
		.run = r->run.id,
		.cmd = cmd,
		.limit = (unsigned)json_integer_value(json_object_get(fields, "limit"))};
}

static int watch_ahead(struct runner *r, const json_t *ahead, struct err *err)
{
	struct state *state = r->driver->state;
	char *folder = state_path(state, "locks", NULL);
	const json_t *run;
	size_t i;
	int rc = folder ? lookout_watch(r->driver, folder, LOOKOUT_NAMES, err) : err_nomem(err);

	free(folder);
	json_array_foreach (ahead, i, run) {
		char *path = str_format("%s/open/%s/lock", state->path, json_string_value(run));

		if (rc == 0)
			rc = path ? lookout_watch(r->driver, path, LOOKOUT_CLOSED, err)
				  : err_nomem(err);
		free(path);
	}
	return rc;
}

/* 1: held; 0: watched for. After the first watch it is tried once more: it may have become free
 * between. */
static int try_claim(struct runner *r, const json_t *fields, uint64_t cmd, struct err *err)
{
	struct lock_claim claim = claim_of(r, fields, cmd);
	int rc = 0;

	r->uses_locks = true;
	for (int i = 0; rc == 0 && i < 2; i++) {
		json_t *ahead = NULL;

		rc = locks_take(r->driver->state, &claim, &ahead, err);
		if (rc == 0 && watch_ahead(r, ahead, err) < 0)
			rc = -err->code;
		json_decref(ahead);
	}
	return rc;
}

/* What may stay in the files: held ones, and those that the workflow waits for, for their place. */
static json_t *kept_claims(const struct runner *r)
{
	json_t *keep = json_copy((json_t *)(uintptr_t)core_held(r->core)), *waits, *wait;
	size_t i;

	waits = core_waits(r->core);
	json_array_foreach (waits, i, wait) {
		const char *kind = json_string_value(json_object_get(wait, "kind"));
		char cmd[24];

		if (!kind || strcmp(kind, "lock") != 0)
			continue;
		snprintf(cmd, sizeof cmd, "%lld",
			 (long long)json_integer_value(json_object_get(wait, "cmd")));
		json_object_set_new(keep, cmd, json_true());
	}
	json_decref(waits);
	return keep;
}

/* The event of a claim that was given up on its way here comes to nobody: let it go. */
static void forget_others(struct runner *r)
{
	struct err ignored = ERR_INIT;
	json_t *keep = kept_claims(r);

	if (keep)
		locks_forget_run(r->driver->state, r->run.id, keep, &ignored);
	json_decref(keep);
}

static int wait_for(struct runner *r, const json_t *fields, uint64_t cmd, bool regain,
		    struct err *err)
{
	struct lock_wait *wait = malloc(sizeof *wait), **last = &r->lock_waits;

	if (!wait)
		return err_nomem(err);
	*wait = (struct lock_wait){
		.fields = json_incref((json_t *)(uintptr_t)fields), .cmd = cmd, .regain = regain};
	while (*last)
		last = &(*last)->next;
	*last = wait;
	return 0;
}

static int say_acquired(struct runner *r, const json_t *fields, uint64_t cmd, struct err *err)
{
	struct command command = {.id = cmd, .fields = fields};

	return runner_record_fields(r, EVENT_LOCK_ACQUIRED, &command, err);
}

int runner_acquire(struct runner *r, const struct command *command, struct err *err)
{
	int rc = try_claim(r, command->fields, command->id, err);

	if (rc == 0)
		return wait_for(r, command->fields, command->id, false, err);
	return rc < 0 ? rc : say_acquired(r, command->fields, command->id, err);
}

/* What led here is durable, so that a death before the event only lets go a second time. */
int runner_let_go(struct runner *r, const struct command *command, struct err *err)
{
	uint64_t acquired =
		(uint64_t)json_integer_value(json_object_get(command->fields, "acquired"));
	int rc = locks_let_go(r->driver->state, name_of(command->fields), r->run.id, acquired, err);

	if (rc == 0)
		lookout_now(r->driver);
	return rc < 0 ? rc : runner_record_fields(r, EVENT_LOCK_LET_GO, command, err);
}

static void wait_free(struct lock_wait *wait)
{
	json_decref(wait->fields);
	free(wait);
}

void runner_lock_cancel(struct runner *r, uint64_t cmd)
{
	struct err ignored = ERR_INIT;
	struct lock_wait **at = &r->lock_waits, *wait;

	while (*at && (*at)->cmd != cmd)
		at = &(*at)->next;
	wait = *at;
	if (!wait) {
		if (r->uses_locks)
			forget_others(r);
		return;
	}
	*at = wait->next;
	locks_let_go(r->driver->state, name_of(wait->fields), r->run.id, cmd, &ignored);
	wait_free(wait);
}

int runner_locks_open(struct runner *r, struct err *err)
{
	json_t *keep = kept_claims(r), *fields;
	const char *cmd;
	int rc = keep ? locks_forget_run(r->driver->state, r->run.id, keep, err) : err_nomem(err);

	json_object_foreach ((json_t *)(uintptr_t)core_held(r->core), cmd, fields) {
		uint64_t id = strtoull(cmd, NULL, 10);

		if (rc == 0)
			rc = try_claim(r, fields, id, err);
		if (rc == 0 && wait_for(r, fields, id, true, err) == 0)
			rc = runner_gate_shut(r, GATE_LOCKS, err);
		else if (rc > 0)
			rc = 0;
	}
	json_decref(keep);
	return rc;
}

/* One wait that has come to its end. */
static int obtained(struct runner *r, struct lock_wait *wait, struct err *err)
{
	return wait->regain ? 0 : say_acquired(r, wait->fields, wait->cmd, err);
}

static bool any_regain(const struct runner *r)
{
	for (const struct lock_wait *wait = r->lock_waits; wait; wait = wait->next)
		if (wait->regain)
			return true;
	return false;
}

void runner_locks_look(struct runner *r)
{
	struct lock_wait **at = &r->lock_waits;
	struct err err = ERR_INIT;
	int rc = 0;

	while (*at && rc >= 0) {
		struct lock_wait *wait = *at;

		rc = try_claim(r, wait->fields, wait->cmd, &err);
		if (rc <= 0) {
			at = &wait->next;
			continue;
		}
		*at = wait->next;
		rc = obtained(r, wait, &err);
		wait_free(wait);
	}
	if (rc >= 0 && !any_regain(r))
		rc = runner_gate_open(r, GATE_LOCKS, &err);
	if (rc < 0)
		runner_break(r, DRIVE_BROKEN, &err);
}

json_t *runner_lock_waits(struct runner *r, json_t *waits)
{
	for (const struct lock_wait *wait = r->lock_waits; wait && waits; wait = wait->next) {
		json_t *one;

		if (!wait->regain)
			continue;
		one = json_pack("{s:s, s:I, s:O, s:O}", "kind", "lock", "cmd",
				(json_int_t)wait->cmd, "name",
				json_object_get(wait->fields, "lock"), "limit",
				json_object_get(wait->fields, "limit"));
		if (json_array_append_new(waits, one) < 0) {
			json_decref(waits);
			waits = NULL;
		}
	}
	return waits;
}

void runner_locks_end(struct runner *r)
{
	struct err ignored = ERR_INIT;

	/* one that stays by mischance counts no more, for the run is not open */
	locks_forget_run(r->driver->state, r->run.id, NULL, &ignored);
	lookout_now(r->driver);
}

void runner_locks_close(struct runner *r)
{
	while (r->lock_waits) {
		struct lock_wait *wait = r->lock_waits;

		r->lock_waits = wait->next;
		wait_free(wait);
	}
}
