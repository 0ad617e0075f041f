/* SPDX-License-Identifier: MIT */
/* Attacks on a run as a whole: it is made, with its state directory or in it, and closed. */
#include "attack.h"
#include "base/buf.h"
#include "os/file.h"
#include "store/inbox.h"
#include "store/run.h"
#include "store/state.h"

#include <string.h>

static void nothing(struct trial *t)
{
	(void)t;
}

static void create_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};

	t->asked = 1;
	if (state_open(&state, t->os, "/wf", true, &err) == 0 &&
	    attack_create_run(&state, "a", &err) == 0)
		t->promised = 1;
	state_release(&state);
}

static void create_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);
	struct run run;
	int rc;

	if (!state.os)
		return;
	rc = run_open(&run, &state, "a", &err);
	if (rc == -ERR_NOT_FOUND && !t->promised) {
		err_clear(&err);
		rc = attack_create_run(&state, "a", &err);
		if (rc == 0)
			t->promised = 1;
		if (rc == 0)
			rc = run_open(&run, &state, "a", &err);
	}
	if (rc < 0)
		broke(t, "the run is not whole: %s", err.text);
	else if (json_integer_value(json_object_get(run.info.input, "n")) != 42)
		broke(t, "its input is not what it was");
	if (rc == 0) {
		err_clear(&err);
		if (attack_create_run(&state, "a", &err) != -ERR_EXISTS)
			broke(t, "an id was given twice");
		err_clear(&err);
		if (run_lock(&run, 0, &err) == 0)
			t->promised = 1; /* what a driver records hangs on the run's name */
		run_release(&run);
	}
	state_release(&state);
}

static int close_run(struct trial *t, struct state *state, bool *ret_closed, struct err *err)
{
	struct run run;
	json_t *result = json_pack("{s:s}", "status", "completed");
	int rc = result ? run_open(&run, state, "a", err) : -1;

	(void)t;
	if (rc == 0) {
		*ret_closed = run.closed;
		if (!run.closed)
			rc = run_lock(&run, 0, err);
		if (rc == 0)
			rc = run_close(&run, result, err);
		run_release(&run);
	}
	json_decref(result);
	return rc;
}

static void close_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	bool closed;

	t->asked = 1;
	if (state_open(&state, t->os, "/wf", true, &err) == 0 &&
	    close_run(t, &state, &closed, &err) == 0)
		t->promised = 1;
	state_release(&state);
}

static void close_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);
	struct buf text = BUF_INIT;
	bool closed = false;

	if (!state.os)
		return;
	if (close_run(t, &state, &closed, &err) < 0)
		broke(t, "cannot close again: %s", err.text);
	else if (t->promised && !closed)
		broke(t, "it was closed, and is open again");
	else if (os_read_file(t->os, "/wf/closed/a/result.json", 1000, &text, &err) < 0 ||
		 strcmp(text.data, "{\"status\":\"completed\"}\n") != 0)
		broke(t, "its result is not there: %s", err.text);
	else if (os_exists(t->os, "/wf/open/a"))
		broke(t, "it is in open/ and in closed/");
	else
		t->promised = 1;
	buf_release(&text);
	state_release(&state);
}

static int count_message(void *arg, const char *name, json_t *message)
{
	(void)name;
	*(int *)arg += message != NULL;
	return 0;
}

/* A message to a run whose maker may have died before its name was durable. */
static void said_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);
	int count = 0;
	struct run run;
	json_t *message = json_pack("{s:s, s:i}", "kind", "signal", "n", 1);

	if (state.os && run_open(&run, &state, "a", &err) == 0) {
		if (t->promised < 2 && inbox_put(&run, message, NULL, &err) == 0)
			t->promised = 2;
		inbox_each(&run, count_message, &count, &err);
		run_release(&run);
	}
	if (t->promised == 2 && count == 0)
		broke(t, "a message was promised, and is not there: %s", err.text);
	json_decref(message);
	state_release(&state);
}

const struct attack attack_state = {"state_open and run_create", nothing, create_work,
				    create_check};
const struct attack attack_create = {"run_create", attack_prepare_state, create_work, create_check};
const struct attack attack_close = {"run_close", attack_prepare_run, close_work, close_check};
const struct attack attack_said = {"run_create, and a message to it", attack_prepare_state,
				   create_work, said_check};
