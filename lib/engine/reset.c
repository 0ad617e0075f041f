/* SPDX-License-Identifier: MIT */
#include "reset.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../model/event.h"
#include "../os/file.h"
#include "../os/os.h"
#include "../store/history_copy.h"
#include "../store/run.h"
#include "../store/run_reset.h"
#include "../store/state.h"
#include "commit_whole.h"
#include "committer.h"
#include "point.h"
#include "point_commit.h"

#include <stdlib.h>
#include <string.h>

#define ORPHAN_WAIT_MS 15000

struct resetting {
	const struct reset_options *options;
	struct run run;
	struct point point;
	struct history_position at, now; /* of the point; of the new end */
	unsigned messages;
	struct committer *committer;
};

/* Everything but what a line begins and ends with. New; NULL: no memory. */
static char *fields_of(const json_t *body)
{
	static const char *const others[] = {"seq", "at", "type", "batch", "crc"};
	json_t *copy = json_copy((json_t *)(uintptr_t)body);
	char *text, *fields = NULL;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		json_object_del(copy, others[i]);
	text = copy ? dump_json(copy, JSON_COMPACT) : NULL;
	if (text) {
		text[strlen(text) - 1] = '\0';
		fields = strdup(text + 1);
	}
	free(text);
	json_decref(copy);
	return fields;
}

static int put_message(struct resetting *r, struct history *history, const json_t *body,
		       struct err *err)
{
	struct os *os = r->run.state->os;
	const char *type = json_string_value(json_object_get(body, "type"));
	struct event event = {.type = event_type_parse(type, strlen(type)), .at = os->ops->now(os)};
	char *fields = fields_of(body);
	int rc = fields ? history_append(history, &event, fields, strlen(fields), err)
			: err_nomem(err);

	free(fields);
	r->messages += rc == 0;
	return rc;
}

static int put_reset(struct resetting *r, struct history *history, struct err *err)
{
	struct os *os = r->run.state->os;
	struct event event = {.type = EVENT_RUN_RESET, .at = os->ops->now(os)};
	json_t *body = json_pack("{s:I, s:I, s:s*}", "to", (json_int_t)r->point.seq, "count",
				 (json_int_t)r->point.resets + 1, "reason", r->options->reason);
	char *fields = body ? fields_of(body) : NULL;
	json_t *message;
	size_t i;
	int rc = fields ? history_append(history, &event, fields, strlen(fields), err)
			: err_nomem(err);

	free(fields);
	json_decref(body);
	if (!r->options->drop_messages)
		json_array_foreach (r->point.behind, i, message)
			if (rc == 0)
				rc = put_message(r, history, message, err);
	return rc;
}

/* What was copied is read, and so checked, before anything is added. */
static int extend(struct resetting *r, const char *dir, struct err *err)
{
	struct history_options options = {.writable = true, .run = r->run.id};
	struct history *history = NULL;
	struct event event;
	int rc = history_open(&history, r->run.state->os, dir, &options, err);

	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		event_release(&event);
		rc = 0;
	}
	if (rc == 0)
		rc = put_reset(r, history, err);
	if (rc == 0)
		rc = history_sync(history, err);
	if (rc == 0)
		r->now = history_position(history);
	history_close(history);
	return rc;
}

static char *path_of(const struct run *run, const char *name)
{
	return str_format("%s/%s", run->path, name);
}

static int find_point(struct resetting *r, struct err *err)
{
	char *dir = path_of(&r->run, "history");
	int rc = dir ? point_find(&r->point, r->run.state->os, dir, r->options->to, err)
		     : err_nomem(err);

	free(dir);
	if (rc == 0 && r->point.seq == r->point.last)
		rc = err_set(err, ERR_USAGE,
			     "event %llu is the last of run '%s': there is nothing to go back from",
			     (unsigned long long)r->point.seq, r->run.id);
	return rc;
}

/* What is about to be left must be on the branch: as far as git goes. */
static void commit_old(struct resetting *r, struct err *complaint)
{
	struct err err = ERR_INIT;

	if (committer_start(&r->committer, r->run.state, &err) < 0 ||
	    commit_whole(r->committer, &r->run, &err) < 0)
		err_set(complaint, err.code, "%s", err.text);
}

static void commit_new(struct resetting *r, struct err *complaint)
{
	struct buf message = BUF_INIT;

	if (!r->committer)
		return;
	buf_addf(&message, "reset to event %llu", (unsigned long long)r->point.seq);
	if (r->options->reason)
		buf_addf(&message, ": %s", r->options->reason);
	if (buf_ok(&message))
		point_commit_reset(r->committer, r->run.id, &r->at, &r->now, message.data,
				   complaint);
	buf_release(&message);
}

static int make_next(struct resetting *r, struct err *err)
{
	char *from = path_of(&r->run, "history"), *to = path_of(&r->run, RUN_RESET_NEXT);
	int rc = from && to
			 ? history_copy(r->run.state->os, from, to, r->point.seq, NULL, &r->at, err)
			 : err_nomem(err);

	if (rc == 0)
		rc = extend(r, to, err);
	free(from);
	free(to);
	return rc;
}

static int work(struct resetting *r, struct err *complaint, struct err *err)
{
	struct err ignored = ERR_INIT;
	bool was_closed;
	int rc = run_lock(&r->run, ORPHAN_WAIT_MS, err);

	if (rc == 0)
		rc = run_reset_settle(&r->run, err);
	if (rc == 0)
		rc = find_point(r, err);
	if (rc < 0)
		return rc;
	commit_old(r, complaint);
	was_closed = r->run.closed;
	rc = run_reopen(&r->run, err);
	if (rc == 0)
		rc = make_next(r, err);
	if (rc < 0 && was_closed)
		run_put_back(&r->run, &ignored);
	if (rc == 0)
		rc = run_reset_swap(&r->run, err);
	if (rc == 0)
		commit_new(r, complaint);
	return rc;
}

int reset_run(struct state *state, const char *id, const struct reset_options *options,
	      struct reset_result *ret, struct err *complaint, struct err *err)
{
	struct resetting r = {.options = options};
	int rc = run_open(&r.run, state, id, err);

	if (rc < 0)
		return rc;
	rc = work(&r, complaint, err);
	if (r.committer && committer_finish(r.committer, complaint) < 0 && rc == 0)
		err_context(complaint, "run '%s'", id);
	if (rc == 0)
		*ret = (struct reset_result){.to = r.point.seq,
					     .left = r.point.last - r.point.seq,
					     .count = r.point.resets + 1,
					     .messages = r.messages};
	point_release(&r.point);
	run_release(&r.run);
	return rc;
}
