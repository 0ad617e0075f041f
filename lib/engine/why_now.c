/* SPDX-License-Identifier: MIT */
#include "why_now.h"

#include "../base/error.h"
#include "../core/core.h"
#include "../os/os.h"
#include "../store/locks.h"
#include "../store/state.h"
#include "past.h"
#include "query_stack.h"

#include <stdio.h>
#include <string.h>
#include <sys/types.h>

/* What the files of the run say now. */
struct now {
	struct past *past;
	json_t *attempts; /* owned: cmd -> state */
	json_t *stack;    /* owned: of the query of that name; NULL: not needed, or not known */
	pid_t driver;
	int64_t at;
};

static const char *type_of(const json_t *event)
{
	const char *type = json_string_value(json_object_get(event, "type"));

	return type ? type : "";
}

static const char *state_of_outcome(const json_t *outcome)
{
	const char *type = type_of(outcome), *why;

	if (strcmp(type, "step_completed") == 0)
		return "completed";
	if (strcmp(type, "step_failed") != 0)
		return "done";
	why = type_of(json_object_get(outcome, "error"));
	return strcmp(why, "cancelled") == 0 ? "cancelled" : "failed";
}

/* The innermost frame of the coroutine that waits for the command. */
static const json_t *where(const struct now *now, json_int_t cmd)
{
	json_t *one, *wait;
	size_t i, j;

	json_array_foreach (now->stack, i, one)
		json_array_foreach (json_object_get(one, "waits"), j, wait)
			if (json_integer_value(json_object_get(wait, "cmd")) == cmd)
				return json_array_get(json_object_get(one, "frames"), 0);
	return NULL;
}

/* An attempt that was given away, or one that cannot be repeated, since the history says so. */
static const char *state_of_started(const struct now *now, const json_t *started,
				    json_int_t attempt)
{
	if (!started || json_integer_value(json_object_get(started, "attempt")) != attempt)
		return NULL;
	if (json_is_true(json_object_get(started, "outside")))
		return "outside";
	return now->driver ? "running" : "lost";
}

static int tell_step(const struct now *now, json_t *command, json_int_t cmd)
{
	char key[24];
	const json_t *file;
	json_int_t attempt, due;
	const char *state;

	snprintf(key, sizeof key, "%lld", (long long)cmd);
	file = json_object_get(now->attempts, key);
	attempt = file ? json_integer_value(json_object_get(file, "attempt")) : 1;
	due = json_integer_value(json_object_get(file, "due"));
	state = state_of_started(now, json_object_get(command, "started"), attempt);
	if (!state && json_object_get(file, "waits") && now->driver)
		state = "waiting";
	if (!state && json_object_get(file, "failure") && due > now->at)
		state = "retrying";
	if (!state)
		state = now->driver ? "running" : "interrupted";
	if (strcmp(state, "waiting") == 0 &&
	    json_object_set(command, "waits", json_object_get(file, "waits")) < 0)
		return -1;
	if (file && due && json_object_set_new(command, "due", json_integer(due)) < 0)
		return -1;
	if (json_object_set_new(command, "attempt", json_integer(attempt)) < 0 ||
	    json_object_set_new(command, "state", json_string(state)) < 0)
		return -1;
	if (json_is_object(json_object_get(file, "failure")) &&
	    json_object_set(command, "failure", json_object_get(file, "failure")) < 0)
		return -1;
	return json_object_get(file, "failures")
		       ? json_object_set(command, "failures", json_object_get(file, "failures"))
		       : 0;
}

static int tell_lock(const struct now *now, json_t *command, struct err *err)
{
	const char *name = json_string_value(json_object_get(command, "name"));
	json_t *lock = NULL;
	int rc = locks_read(now->past->run.state, name, &lock, err);

	if (rc < 0)
		return rc;
	rc = json_object_set_new(command, "state", json_string("waiting"));
	if (rc == 0 && lock)
		rc = json_object_set(command, "lock", lock);
	json_decref(lock);
	return rc < 0 ? err_nomem(err) : 0;
}

static int tell_open(const struct now *now, json_t *command, struct err *err)
{
	const char *kind = json_string_value(json_object_get(command, "kind"));
	json_int_t cmd = json_integer_value(json_object_get(command, "cmd"));
	const json_t *frame = where(now, cmd);
	int rc = 0;

	if (frame)
		rc = json_object_set(command, "where", (json_t *)(uintptr_t)frame);
	if (rc == 0 && now->driver)
		rc = json_object_set_new(command, "driver", json_integer(now->driver));
	if (rc < 0)
		return err_nomem(err);
	if (strcmp(kind, "lock") == 0)
		return tell_lock(now, command, err);
	if (strcmp(kind, "step") == 0)
		rc = tell_step(now, command, cmd);
	else
		rc = json_object_set_new(command, "state", json_string("waiting"));
	return rc < 0 ? err_nomem(err) : 0;
}

static int tell(const struct now *now, json_t *command, struct err *err)
{
	const json_t *outcome = json_object_get(command, "outcome");
	bool dropped = json_object_get(command, "dropped") != NULL;

	if (!outcome && !dropped)
		return tell_open(now, command, err);
	return json_object_set_new(command, "state",
				   json_string(outcome ? state_of_outcome(outcome) : "dropped")) < 0
		       ? err_nomem(err)
		       : 0;
}

static int look(struct now *now, struct past *past, struct err *err)
{
	struct os *os = past->run.state->os;
	int rc = run_driver(&past->run, &now->driver, err);

	now->past = past;
	now->at = os->ops->now(os);
	if (rc == 0)
		rc = run_attempts(&past->run, &now->attempts, err);
	if (rc == 0 && past->core && past->module)
		rc = query_stack(past->core, past->module, &now->stack, err);
	return rc;
}

int why_now(struct past *past, json_t *commands, struct err *err)
{
	struct now now = {.attempts = NULL};
	json_t *command;
	size_t i;
	int rc = look(&now, past, err);

	json_array_foreach (commands, i, command) {
		if (rc < 0)
			break;
		rc = tell(&now, command, err);
	}
	json_decref(now.attempts);
	json_decref(now.stack);
	return rc;
}
