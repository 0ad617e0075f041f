/* SPDX-License-Identifier: MIT */
/* Another run from a point of a run's history. */
#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../core/core.h"
#include "../model/event.h"
#include "../model/module.h"
#include "../os/os.h"
#include "../store/history_copy.h"
#include "../store/run.h"
#include "../store/state.h"
#include "committer.h"
#include "module.h"
#include "point.h"
#include "point_commit.h"
#include "replay.h"
#include "reset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct forking {
	struct state *state;
	const struct fork_options *options;
	struct run of;
	struct point point;
	struct history_position at, now;
	char module[65]; /* of the new run */
	bool other;      /* it is not that of the point */
};

/* Promise 7: other code proves itself on what it is to go on from, before anything is made. */
static int try_module(struct forking *f, struct err *err)
{
	struct recording recording;
	struct replay_verdict verdict;
	struct module *module = NULL;
	char *kept = NULL;
	int rc = module_load(f->options->module, &module, err);

	if (rc < 0)
		return rc;
	rc = recording_of_run(&recording, f->state, f->of.id, f->point.seq, err);
	if (rc == 0) {
		rc = replay_recording(&recording, module, &verdict, err);
		recording_release(&recording);
	}
	if (rc == 0 && verdict.why.code)
		rc = err_set(err, verdict.why.code, "%s", verdict.why.text);
	if (rc == 0)
		rc = state_add_module(f->state, f->options->module, f->module, &kept, err);
	f->other = rc == 0;
	module_free(module);
	free(kept);
	return rc;
}

/* The module of the last segment head up to the point. */
static int pinned_module(struct forking *f, const char *dir, struct err *err)
{
	struct history_options options = {.writable = false};
	struct history *history = NULL;
	struct event event;
	int rc = history_open(&history, f->state->os, dir, &options, err);

	strcpy(f->module, f->of.info.module);
	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		const char *module = history_module(history);
		bool beyond = event.seq > f->point.seq;

		event_release(&event);
		rc = 0;
		if (beyond)
			break;
		if (module && strlen(module) == 64)
			strcpy(f->module, module);
	}
	history_close(history);
	return rc < 0 ? rc : 0;
}

static int put_note(struct forking *f, struct history *history, struct err *err)
{
	struct os *os = f->state->os;
	struct event event = {.type = EVENT_RUN_FORKED, .at = os->ops->now(os)};
	char *fields = str_format("\"of\":\"%s\",\"event\":%llu", f->of.id,
				  (unsigned long long)f->point.seq);
	int rc = f->other ? history_set_module(history, f->module, err) : 0;

	if (rc == 0)
		rc = fields ? history_append(history, &event, fields, strlen(fields), err)
			    : err_nomem(err);
	free(fields);
	return rc < 0 ? rc : history_sync(history, err);
}

static int fill_history(struct forking *f, const char *folder, struct err *err)
{
	char *from = str_format("%s/history", f->of.path), *to = str_format("%s/history", folder);
	struct history_options options = {.writable = true, .run = f->options->id};
	struct history *history = NULL;
	struct os *os = f->state->os;
	struct event event;
	int rc = from && to ? os->ops->rmdir(os, to) : -ENOMEM;

	if (rc < 0 && rc != -ENOENT)
		rc = err_sys(err, -rc, "cannot remove '%s'", to ? to : folder);
	else
		rc = history_copy(os, from, to, f->point.seq, f->options->id, &f->at, err);
	if (rc == 0)
		rc = history_open(&history, os, to, &options, err);
	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		event_release(&event);
		rc = 0;
	}
	if (rc == 0)
		rc = put_note(f, history, err);
	if (rc == 0)
		f->now = history_position(history);
	history_close(history);
	free(from);
	free(to);
	return rc;
}

struct sharing {
	struct forking *f;
	const char *from, *to;
	struct err *err;
};

/* Payloads never change: both runs have the same file. */
static int share_payload(void *arg, const char *name, enum os_kind kind)
{
	struct sharing *s = arg;
	struct os *os = s->f->state->os;
	char *from, *to;
	int rc;

	if (kind != OS_FILE || name[0] == '.')
		return 0;
	from = str_format("%s/%s", s->from, name);
	to = str_format("%s/%s", s->to, name);
	rc = from && to ? os->ops->link(os, from, to) : -ENOMEM;
	if (rc < 0)
		rc = err_sys(s->err, -rc, "cannot link '%s' to '%s'", from ? from : name, s->to);
	free(from);
	free(to);
	return rc;
}

static int fill_payloads(struct forking *f, const char *folder, struct err *err)
{
	struct os *os = f->state->os;
	char *from = str_format("%s/payloads", f->of.path), *to = str_format("%s/payloads", folder);
	struct sharing sharing = {f, from, to, err};
	struct os_stat st;
	int rc = from && to ? 0 : err_nomem(err);

	if (rc == 0 && os->ops->lstat(os, from, &st) == 0) {
		rc = os->ops->mkdir(os, to, 0700);
		if (rc == 0)
			rc = os->ops->list(os, from, share_payload, &sharing);
		if (rc == 0)
			rc = os->ops->sync_dir(os, to);
		if (rc < 0 && !err->code)
			rc = err_sys(err, -rc, "cannot fill '%s'", to);
	}
	free(from);
	free(to);
	return rc;
}

static int fill(void *arg, const char *folder, struct err *err)
{
	int rc = fill_history(arg, folder, err);

	return rc < 0 ? rc : fill_payloads(arg, folder, err);
}

/* Whose name the workflow was told, up to which event: inputs may hold it. */
static json_t *options_of(const struct forking *f)
{
	json_t *options = json_deep_copy(f->of.info.options);
	json_t *origins = json_object_get(options, "origins");
	json_t *origin = json_pack("{s:s, s:I}", "id", f->of.id, "until", (json_int_t)f->point.seq);

	origins = origins ? json_incref(origins) : json_array();
	if (json_array_append_new(origins, origin) < 0 ||
	    json_object_set(options, "origins", origins) < 0) {
		json_decref(options);
		options = NULL;
	}
	json_decref(origins);
	return options;
}

static int make(struct forking *f, struct err *err)
{
	struct run_info info = f->of.info;
	int rc;

	info.id = (char *)(uintptr_t)f->options->id;
	info.parent = NULL;
	info.parent_cmd = 0;
	memcpy(info.module, f->module, sizeof info.module);
	info.options = options_of(f);
	rc = info.options ? run_create_filled(f->state, &info, fill, f, err) : err_nomem(err);
	json_decref(info.options);
	return rc;
}

static void commit(struct forking *f, struct committer *c, struct err *complaint)
{
	char *message = str_format("forked from event %llu of %s", (unsigned long long)f->point.seq,
				   f->of.id);

	if (message)
		point_commit_fork(c, f->options->id, f->of.id, &f->at, &f->now, message, complaint);
	free(message);
}

static int prepare(struct forking *f, struct err *err)
{
	char *dir = str_format("%s/history", f->of.path);
	int rc = dir ? point_find(&f->point, f->state->os, dir, f->options->at, err)
		     : err_nomem(err);

	if (rc == 0)
		rc = f->options->module ? try_module(f, err) : pinned_module(f, dir, err);
	free(dir);
	return rc;
}

int fork_run(struct state *state, const char *of, const struct fork_options *options,
	     uint64_t *ret_at, struct err *complaint, struct err *err)
{
	struct forking f = {.state = state, .options = options};
	struct committer *committer = NULL;
	int rc = run_open(&f.of, state, of, err);

	if (rc < 0)
		return rc;
	rc = prepare(&f, err);
	if (rc == 0)
		rc = committer_start(&committer, state, err);
	if (rc == 0)
		rc = make(&f, err);
	if (rc == 0) {
		commit(&f, committer, complaint);
		*ret_at = f.point.seq;
	}
	if (committer)
		committer_finish(committer, complaint);
	point_release(&f.point);
	run_release(&f.of);
	return rc;
}
