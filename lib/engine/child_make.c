/* SPDX-License-Identifier: MIT */
#include "child_make.h"

#include "../base/str.h"
#include "../os/os.h"
#include "../store/run_replace.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "module.h"
#include "replace.h"
#include "runner.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

bool child_is_ours(const struct runner *parent, uint64_t cmd, const struct run *run)
{
	return run->info.parent && strcmp(run->info.parent, parent->run.id) == 0 &&
	       run->info.parent_cmd == cmd && strcmp(run->info.parent_key, parent->key_tail) == 0;
}

/* A file that has the workflow: pinned. */
static int pin_file(struct driver *d, const char *file, const char *workflow, struct run_info *info,
		    struct err *err)
{
	const struct module *module;
	char *so = NULL, *pinned = NULL;
	int index = 0;
	int rc = str_ends(file, ".c") ? module_compile(d->state, file, &so, err) : 0;

	if (rc == 0)
		rc = state_add_module(d->state, so ? so : file, info->module, &pinned, err);
	if (rc == 0)
		rc = driver_module(d, info->module, &module, err);
	if (rc == 0)
		rc = module_workflow(module, file, workflow, &index, err);
	if (rc == 0) {
		const char *slash = strrchr(file, '/');

		info->workflow = strdup(module->entries[index].name);
		info->module_name = strdup(slash ? slash + 1 : file);
		rc = info->workflow && info->module_name ? 0 : err_nomem(err);
	}
	free(so);
	free(pinned);
	return rc;
}

static int choose_module(struct runner *parent, const char *workflow, struct run_info *info,
			 struct err *err)
{
	const struct run_info *ours = &parent->run.info;
	char *file = NULL, *name = NULL;
	int rc;

	if (module_find(parent->module, WF_KIND_WORKFLOW, workflow) >= 0) {
		memcpy(info->module, parent->module->sha256, sizeof info->module);
		info->workflow = strdup(workflow);
		info->module_name = ours->module_name ? strdup(ours->module_name) : NULL;
		return info->workflow && (info->module_name || !ours->module_name) ? 0
										   : err_nomem(err);
	}
	rc = module_locate(workflow, &file, &name, err);
	if (rc == 0)
		rc = pin_file(parent->driver, file, name, info, err);
	free(file);
	free(name);
	return rc;
}

/* Its own, its parent's secrets, and the clock and the stubs that it is tested with. New. */
static json_t *options_of_child(const json_t *ours, const json_t *own)
{
	static const char *const inherited[] = {"virtual_time", "stubs", "secrets"};
	json_t *options = own ? json_copy((json_t *)own) : json_object();

	for (size_t i = 0; options && i < sizeof inherited / sizeof *inherited; i++) {
		json_t *value = json_object_get(ours, inherited[i]);

		if (value && json_object_set(options, inherited[i], value) < 0) {
			json_decref(options);
			return NULL;
		}
	}
	return options;
}

static int fill(struct runner *parent, uint64_t cmd, const struct child *child, const char *id,
		struct run_info *info, struct err *err)
{
	const struct run_info *ours = &parent->run.info;
	struct os *os = parent->driver->state->os;
	int rc = os->ops->random(os, info->seed, sizeof info->seed);

	if (rc < 0)
		return err_sys(err, -rc, "cannot get random bytes");
	info->id = strdup(id);
	info->parent = strdup(parent->run.id);
	info->parent_cmd = cmd;
	memcpy(info->parent_key, parent->key_tail, sizeof info->parent_key);
	info->created = runner_now(parent);
	info->input = json_incref(child->input);
	info->options = options_of_child(ours->options, child->options);
	info->environment = ours->environment ? json_incref(ours->environment) : json_object();
	info->directory = ours->directory ? strdup(ours->directory) : NULL;
	return info->id && info->parent && info->environment && info->options &&
			       (info->directory || !ours->directory)
		       ? 0
		       : err_nomem(err);
}

static int make(struct runner *parent, uint64_t cmd, const struct child *child, const char *id,
		const char *replaces, struct err *err)
{
	struct run_info info = {0};
	int rc = choose_module(parent, child->workflow, &info, err);

	if (rc == 0)
		rc = fill(parent, cmd, child, id, &info, err);
	if (rc == 0 && replaces &&
	    json_object_set_new(info.options, RUN_REPLACES, json_string(replaces)) < 0)
		rc = err_nomem(err);
	if (rc == 0)
		rc = run_create(parent->driver->state, &info, err);
	run_info_release(&info);
	return rc;
}

int child_make(struct runner *parent, uint64_t cmd, const struct child *child, const char *id,
	       struct err *err)
{
	return make(parent, cmd, child, id, NULL, err);
}

/* A child that this run asked for before it was reset: nobody waits for it any more. */
static int end_left(struct runner *parent, struct run *run, struct err *err)
{
	json_t *error = json_pack("{s:s, s:s}", "type", "terminated", "message", CHILD_LEFT_REASON);
	int rc = error ? driver_terminate(parent->driver, run->id, NULL, error, err)
		       : err_nomem(err);

	json_decref(error);
	if (rc != -ERR_CLOSED)
		return rc;
	err_clear(err);
	return 0;
}

static int check_reuse(const struct run *run, enum child_reuse reuse, struct err *err)
{
	struct run_summary summary;
	bool completed;
	int rc = reuse == CHILD_REUSE_FAILED
			 ? run_summarize(&summary, run->state, run->id, true, err)
			 : 0;

	if (rc < 0 || reuse == CHILD_REUSE_ALLOW)
		return rc;
	completed = reuse != CHILD_REUSE_FAILED || summary.status == STATUS_COMPLETED;
	if (reuse == CHILD_REUSE_FAILED)
		run_summary_release(&summary);
	return completed ? err_set(err, ERR_EXISTS, "run '%s' exists already", run->id) : 0;
}

int child_make_anew(struct runner *parent, uint64_t cmd, const struct child *child, struct run *run,
		    struct err *err)
{
	struct committer *committer = parent->driver->committer;
	bool left = run->info.parent && strcmp(run->info.parent, parent->run.id) == 0 &&
		    strcmp(run->info.parent_key, parent->key_tail) != 0;
	struct replace replace;
	struct err ignored = ERR_INIT;
	int rc = 0;

	if (!run->closed && !left)
		return err_set(err, ERR_EXISTS, "run '%s' exists already", run->id);
	rc = run->closed ? 0 : end_left(parent, run, err);
	if (rc == 0 && !left)
		rc = check_reuse(run, child->reuse, err);
	if (rc == 0) /* the committer has let go of its share of the lock behind this */
		rc = committer_flush(committer, err);
	if (rc == 0)
		rc = replace_begin(&replace, parent->driver->state, committer, run->id,
				   parent->run.id, err);
	if (rc < 0)
		return rc;
	rc = make(parent, cmd, child, run->id, replace.key, err);
	/* what stays of the old one is removed when the new one is driven */
	replace_end(&replace, committer, rc == 0, &ignored);
	return rc;
}
