/* SPDX-License-Identifier: MIT */
/* What the attacks share, and the list of them. */
#include "attack.h"

#include "base/str.h"
#include "store/run.h"
#include "store/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct attack *const attacks[] = {
	&attack_history,
	&attack_pages,
	&attack_replace,
	&attack_state,
	&attack_create,
	&attack_said,
	&attack_close,
	&attack_inbox,
	&attack_files,
	&attack_locks,
	&attack_reset,
	&attack_settle,
	NULL,
};

void broke(struct trial *t, const char *format, ...)
{
	va_list ap;

	if (t->broken[0])
		return;
	va_start(ap, format);
	vsnprintf(t->broken, sizeof t->broken, format, ap);
	va_end(ap);
}

struct state attack_state_opened(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = {.path = NULL};

	if (state_open(&state, t->os, "/wf", true, &err) < 0)
		broke(t, "cannot open the state directory: %s", err.text);
	return state;
}

void attack_prepare_state(struct trial *t)
{
	struct state state = attack_state_opened(t);

	state_release(&state);
}

int attack_create_run(struct state *state, const char *id, struct err *err)
{
	struct run_info info = {.id = (char *)id, .workflow = (char *)"w", .created = 5};
	int rc;

	info.input = json_pack("{s:i}", "n", 42);
	rc = info.input ? run_create(state, &info, err) : -1;
	json_decref(info.input);
	return rc;
}

void attack_prepare_run(struct trial *t)
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);

	attack_create_run(&state, "a", &err);
	state_release(&state);
}

void attack_check_run(struct trial *t, void (*check_in)(struct trial *t, struct run *run))
{
	struct err err = ERR_INIT;
	struct state state = attack_state_opened(t);
	struct run run;

	if (!state.os)
		return;
	if (run_open(&run, &state, "a", &err) < 0) {
		broke(t, "the run: %s", err.text);
	} else {
		check_in(t, &run);
		run_release(&run);
	}
	state_release(&state);
}

struct look {
	struct trial *t;
	const char *folder;
};

static int look_at(void *arg, const char *name, enum os_kind kind)
{
	const struct look *look = arg;
	char *path = str_format("%s%s/", look->folder, name);

	if (strncmp(name, ".tmp-", 5) == 0 || strncmp(name, ".new-", 5) == 0)
		broke(look->t, "'%s' is left", path);
	else if (kind == OS_DIRECTORY)
		attack_no_stray(look->t, path);
	free(path);
	return 0;
}

void attack_no_stray(struct trial *t, const char *folder)
{
	struct look look = {t, folder};

	t->os->ops->list(t->os, folder, look_at, &look);
}
