/* SPDX-License-Identifier: MIT */
#include "run_plan.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../model/module.h"
#include "../model/secret.h"
#include "../os/os.h"
#include "../store/run.h"
#include "../store/run_replace.h"
#include "../store/state.h"
#include "secrets_guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LONGEST_NAME 150 /* an id holds 200 bytes, and the time and chance are part of it */
#define TRIES 8

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

static int fill_info(const struct run_plan *plan, struct state *state, struct run_info *info,
		     struct err *err)
{
	const char *slash = strrchr(plan->named, '/');
	int r = 0;

	if (plan->seed)
		memcpy(info->seed, plan->seed, sizeof info->seed);
	else
		r = state->os->ops->random(state->os, info->seed, sizeof info->seed);
	if (r < 0)
		return err_sys(err, -r, "cannot get random bytes");
	info->created = plan->created ? plan->created : state->os->ops->now(state->os);
	info->workflow = strdup(plan->module->entries[plan->workflow].name);
	info->module_name = strdup(slash ? slash + 1 : plan->named);
	info->input = plan->input ? json_incref(plan->input) : json_object();
	info->environment = plan->environment ? json_copy(plan->environment) : json_object();
	info->options = plan->options ? json_deep_copy(plan->options) : json_object();
	if (plan->replaces && info->options &&
	    json_object_set_new(info->options, RUN_REPLACES, json_string(plan->replaces)) < 0)
		return err_nomem(err);
	info->directory = plan->directory ? strdup(plan->directory) : getcwd(NULL, 0);
	if (!info->directory)
		return err_sys(err, errno, "cannot tell the working folder");
	return info->workflow && info->module_name && info->options && info->input &&
			       info->environment
		       ? 0
		       : err_nomem(err);
}

/* The secrets are those that it was told of and those that its input refers to. What is one of them
 * is not among the variables that are kept. */
static int name_secrets(struct run_info *info, struct secrets_guard *guard, struct err *err)
{
	json_t *told = json_object_get(info->options, "secrets"), *names = json_array(), *name;
	size_t i;
	int rc = !names ? -1 : told ? json_array_extend(names, told) : 0;

	if (rc == 0)
		rc = secret_collect(info->input, names);
	if (rc == 0 && json_array_size(names))
		rc = json_object_set(info->options, "secrets", names);
	if (rc == 0)
		rc = guard_know(guard, names, err);
	json_array_foreach (guard->names, i, name)
		json_object_del(info->environment, json_string_value(name));
	json_decref(names);
	return rc < 0 ? err_nomem(err) : 0;
}

static int keep_secrets(struct run_info *info, const json_t *message, struct state *state,
			struct err *err)
{
	struct secrets_guard guard;
	int rc = guard_open(&guard, state, err);

	if (rc == 0)
		rc = name_secrets(info, &guard, err);
	if (rc == 0)
		rc = guard_check(&guard, "the input", info->input, err);
	if (rc == 0)
		rc = guard_check(&guard, "what is kept of the environment", info->environment, err);
	if (rc == 0)
		rc = guard_check(&guard, "a tag, a memo or a stub", info->options, err);
	if (rc == 0)
		rc = guard_check(&guard, "the message", message, err);
	guard_release(&guard);
	return rc;
}

int run_plan_make(const struct run_plan *plan, struct state *state, char **ret_id, struct err *err)
{
	struct run_info info = {0};
	char *pinned = NULL;
	int r = fill_info(plan, state, &info, err);

	if (r == 0)
		r = keep_secrets(&info, plan->message, state, err);
	if (r == 0)
		r = state_add_module(state, plan->file, info.module, &pinned, err);
	if (r == 0)
		r = create_with_id(state, &info, plan->id, plan->message, err);
	if (r == 0) {
		*ret_id = info.id;
		info.id = NULL;
	}
	free(pinned);
	run_info_release(&info);
	return r;
}
