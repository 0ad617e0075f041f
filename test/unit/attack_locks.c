/* SPDX-License-Identifier: MIT */
/* Attacks on named locks: one run holds a lock and lives, another asks for it; then the first dies.
 */
#include "attack.h"
#include "store/locks.h"
#include "store/run.h"
#include "store/state.h"

static const struct lock_claim first = {.name = "l", .run = "a", .cmd = 3, .limit = 1};
static const struct lock_claim second = {.name = "l", .run = "b", .cmd = 7, .limit = 1};

static void locks_prepare(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);

	attack_create_run(&state, "a", &err);
	attack_create_run(&state, "b", &err);
	state_release(&state);
}

static void claim_both(struct trial *t, struct state *state, struct err *err)
{
	int rc;

	if (locks_take(state, &first, NULL, err) != 1)
		return;
	t->promised++;
	if (locks_free(state, &second))
		broke(t, "a lock that is held is told to be free");
	rc = locks_take(state, &second, NULL, err);
	if (rc > 0)
		broke(t, "a lock was given while its holder lives");
	t->promised += rc == 0;
}

static void locks_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	struct run run;
	int rc = state_open(&state, t->os, "/wf", false, &err);

	t->asked = 2;
	if (rc == 0)
		rc = run_open(&run, &state, "a", &err);
	if (rc == 0) {
		if (run_lock(&run, 0, &err) == 0)
			claim_both(t, &state, &err);
		run_release(&run);
	}
	state_release(&state);
}

static void locks_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);
	json_t *left = NULL;

	if (!state.os)
		return;
	if (locks_take(&state, &second, NULL, &err) != 1)
		broke(t, "its holder is dead, and the lock is not free: %s", err.text);
	else if (locks_let_go(&state, "l", "b", 7, &err) < 0 ||
		 locks_forget_run(&state, "a", NULL, &err) < 0 ||
		 locks_read(&state, "l", &left, &err) < 0)
		broke(t, "cannot be let go: %s", err.text);
	else if (json_array_size(json_object_get(left, "holders")) ||
		 json_array_size(json_object_get(left, "waiting")))
		broke(t, "nobody is there, and somebody holds it or waits");
	json_decref(left);
	state_release(&state);
}

const struct attack attack_locks = {"locks", locks_prepare, locks_work, locks_check};
