/* SPDX-License-Identifier: MIT */
/* Attacks on files that are written whole: replaced, and those of a run beside its history. */
#include "attack.h"
#include "base/buf.h"
#include "os/file.h"
#include "store/run.h"
#include "store/state.h"

#include <string.h>

static void replace_prepare(struct trial *t)
{
	struct err err = ERR_INIT;

	os_replace(t->os, "/file", "old", 3, 0600, &err);
}

static void replace_work(struct trial *t)
{
	struct err err = ERR_INIT;

	t->asked = 1;
	t->promised = os_replace(t->os, "/file", "newer", 5, 0600, &err) == 0;
}

static void replace_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct buf text = BUF_INIT;

	if (os_read_file(t->os, "/file", 100, &text, &err) < 0)
		broke(t, "%s", err.text);
	else if (strcmp(text.data, "newer") != 0 && (t->promised || strcmp(text.data, "old") != 0))
		broke(t, "it holds '%s'", text.data);
	buf_release(&text);
}

static void files_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};
	char name[80];
	json_t *attempt = json_pack("{s:i}", "attempt", 3),
	       *soft = json_pack("{s:i, s:s}", "attempt", 3, "details", "x");
	struct run run;
	int rc = attempt && soft ? state_open(&state, t->os, "/wf", false, &err) : -1;

	t->asked = 3;
	if (rc == 0)
		rc = run_open(&run, &state, "a", &err);
	if (rc == 0) {
		rc = run_put_payload(&run, "[1,2,3]", 7, name, &err);
		t->promised += rc == 0;
		if (rc == 0)
			rc = run_set_attempt(&run, 12, attempt, true, &err);
		t->promised += rc == 0;
		if (rc == 0)
			rc = run_set_attempt(&run, 12, soft, false, &err);
		t->promised += rc == 0;
		run_release(&run);
	}
	json_decref(attempt);
	json_decref(soft);
	state_release(&state);
}

static void files_check_in(struct trial *t, struct run *run)
{
	static const char name[] =
		"a615eeaee21de5179de080de8c3052c8da901138406ba71c38c032845f7d54f4.json";
	struct err err = ERR_INIT;
	json_t *payload = NULL, *all = NULL, *attempt;
	char again[80];

	if (t->promised >= 1 && run_get_payload(run, name, &payload, &err) < 0)
		broke(t, "payload: %s", err.text);
	if (run_attempts(run, &all, &err) < 0)
		broke(t, "attempts: %s", err.text);
	attempt = json_object_get(all, "12");
	if (t->promised >= 2 && json_integer_value(json_object_get(attempt, "attempt")) != 3)
		broke(t, "the counter of an attempt is lost");
	if (!t->broken[0] &&
	    (run_put_payload(run, "[1,2,3]", 7, again, &err) < 0 || strcmp(again, name) != 0))
		broke(t, "payload again: %s", err.text);
	json_decref(payload);
	json_decref(all);
}

static void files_check(struct trial *t)
{
	attack_check_run(t, files_check_in);
}

const struct attack attack_replace = {"os_replace", replace_prepare, replace_work, replace_check};
const struct attack attack_files = {"payloads and attempts", attack_prepare_run, files_work,
				    files_check};
