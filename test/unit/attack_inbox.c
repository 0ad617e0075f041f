/* SPDX-License-Identifier: MIT */
/* Attacks on messages: put into the inbox of a run, also of one that is only just made. */
#include "attack.h"
#include "store/inbox.h"
#include "store/run.h"
#include "store/state.h"

#include <inttypes.h>

#define MESSAGES 8

static void inbox_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	struct run run;
	int rc = state_open(&state, t->os, "/wf", false, &err);

	t->asked = MESSAGES;
	if (rc == 0)
		rc = run_open(&run, &state, "a", &err);
	if (rc == 0) {
		for (int i = 0; rc == 0 && i < MESSAGES; i++) {
			json_t *message = json_pack("{s:s, s:i}", "kind", "signal", "n", i + 1);

			rc = message ? inbox_put(&run, message, NULL, &err) : -1;
			if (rc == 0)
				t->promised++;
			json_decref(message);
		}
		if (rc < 0 && err.code == ERR_CLOSED)
			broke(t, "it has not ended, and is said to have: %s", err.text);
		run_release(&run);
	}
	state_release(&state);
}

struct received {
	struct trial *t;
	int64_t count;
};

static int receive(void *arg, const char *name, json_t *message)
{
	struct received *r = arg;

	if (!message)
		broke(r->t, "half a message: %s", name);
	else if (json_integer_value(json_object_get(message, "n")) != ++r->count)
		broke(r->t, "message %" JSON_INTEGER_FORMAT " where %" PRId64 " belongs",
		      json_integer_value(json_object_get(message, "n")), r->count);
	return 0;
}

static void inbox_check_in(struct trial *t, struct run *run)
{
	struct err err = ERR_INIT;
	struct received r = {t, 0};

	if (inbox_each(run, receive, &r, &err) < 0)
		broke(t, "the inbox: %s", err.text);
	if ((uint64_t)r.count < t->promised)
		broke(t, "%" PRIu64 " messages were promised, %" PRId64 " are there", t->promised,
		      r.count);
}

static void inbox_check(struct trial *t)
{
	attack_check_run(t, inbox_check_in);
}

const struct attack attack_inbox = {"inbox_put", attack_prepare_run, inbox_work, inbox_check};
