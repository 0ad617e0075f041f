/* SPDX-License-Identifier: MIT */
#include "new_run.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/engine/module.h"
#include "../lib/os/os.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "clock.h"
#include "named.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_NAME 150 /* an id holds 200 bytes, and the time and chance are part of it */
#define TRIES 8

int new_run_load(struct new_run *run, struct state *state, struct err *err)
{
	int r = 0;

	if (named_needs_compiler(run->named))
		r = module_compile(state, run->named->file, &run->file, err);
	else if (!(run->file = strdup(run->named->file)))
		r = err_nomem(err);
	if (r == 0)
		r = module_load(run->file, &run->module, err);
	if (r == 0 && (run->workflow = named_choose(run->named, run->module, err)) < 0)
		r = -err->code;
	return r;
}

/* backup-20261122-030000-x7k2 */
static char *make_id(struct os *os, const char *workflow, int64_t now, struct err *err)
{
	static const char letters[] =
		"abcdefghijkmnpqrstuvwxyz23456789"; /* 32, none easily taken for another */
	struct buf id = BUF_INIT;
	unsigned char chance[4];
	time_t seconds = (time_t)(now / 1000);
	struct tm tm;
	int r = os->ops->random(os, chance, sizeof chance);

	if (r < 0) {
		err_sys(err, -r, "cannot get random bytes");
		return NULL;
	}
	localtime_r(&seconds, &tm);
	buf_addf(&id, "%.*s-%04d%02d%02d-%02d%02d%02d-", LONGEST_NAME, workflow, tm.tm_year + 1900,
		 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	for (size_t i = 0; i < sizeof chance; i++)
		buf_addc(&id, letters[chance[i] % 32]);
	char *text = buf_detach(&id);
	if (!text)
		err_nomem(err);
	return text;
}

static int create_with_id(struct state *state, struct run_info *info, const char *wanted,
			  json_t *message, struct err *err)
{
	for (int i = 0; i < TRIES; i++) {
		err_clear(err);
		info->id = wanted ? strdup(wanted)
				  : make_id(state->os, info->workflow, info->created, err);
		if (!info->id)
			return err_nomem(err);
		int r = run_create_with(state, info, message, err);
		if (r == 0 || wanted || err->code != ERR_EXISTS)
			return r;
		free(info->id);
		info->id = NULL;
	}
	return -err->code;
}

static int fill_info(struct new_run *run, struct state *state, struct run_info *info,
		     struct err *err)
{
	const char *slash = strrchr(run->named->file, '/');
	int r = state->os->ops->random(state->os, info->seed, sizeof info->seed);

	if (r < 0)
		return err_sys(err, -r, "cannot get random bytes");
	info->created = clock_now();
	info->workflow = strdup(run->module->entries[run->workflow].name);
	info->module_name = strdup(slash ? slash + 1 : run->named->file);
	info->input = json_incref(run->input);
	info->environment = json_incref(run->environment);
	info->options = run->options ? json_incref(run->options) : json_object();
	info->directory = getcwd(NULL, 0);
	if (!info->directory)
		return err_sys(err, errno, "cannot tell the working folder");
	return info->workflow && info->module_name && info->options ? 0 : err_nomem(err);
}

int new_run_create(struct new_run *run, struct state *state, char **ret_id, struct err *err)
{
	struct run_info info = {0};
	char *pinned = NULL;
	int r = fill_info(run, state, &info, err);

	if (r == 0)
		r = state_add_module(state, run->file, info.module, &pinned, err);
	if (r == 0)
		r = create_with_id(state, &info, run->id, run->message, err);
	if (r == 0) {
		*ret_id = info.id;
		info.id = NULL;
	}
	free(pinned);
	run_info_release(&info);
	return r;
}

void new_run_release(struct new_run *run)
{
	module_free(run->module);
	free(run->file);
	run->module = NULL;
	run->file = NULL;
}
