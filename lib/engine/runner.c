/* SPDX-License-Identifier: MIT */
#include "runner.h"

#include "../model/dump.h"
#include "../os/os.h"
#include "../store/state.h"
#include "child.h"
#include "crash.h"
#include "driver_internal.h"
#include "fault.h"
#include "generation.h"
#include "pool_text.h"
#include "runner_gate.h"
#include "runner_inbox.h"
#include "runner_limits.h"
#include "runner_locks.h"
#include "runner_told.h"
#include "task.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LARGE_VALUE 8192

char *runner_log_base(struct runner *r, uint64_t cmd, const char *step, int attempt)
{
	struct os *os = r->driver->state->os;
	unsigned shard = (unsigned)(cmd / 1000);
	struct buf path = BUF_INIT;
	struct os_stat st;

	buf_addf(&path, "%s/logs/%03u", r->run.path, shard);
	if (r->log_shard != shard + 1 && buf_ok(&path))
		r->log_is_new = os->ops->lstat(os, path.data, &st) == -ENOENT;
	r->log_shard = shard + 1;
	buf_addf(&path, "/%06llu-", (unsigned long long)cmd);
	for (const char *c = step; *c; c++)
		buf_addc(&path, (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
						(*c >= '0' && *c <= '9') || strchr("._-", *c)
					? *c
					: '_');
	buf_addf(&path, ".%d", attempt);
	return buf_detach(&path);
}

struct happening *runner_happen(struct runner *r, enum event_type type, uint64_t cmd)
{
	struct happening *h;

	if (r->pending_count == r->pending_size) {
		size_t size = r->pending_size ? r->pending_size * 2 : 16;
		h = realloc(r->pending, size * sizeof *h);
		if (!h)
			return NULL;
		r->pending = h;
		r->pending_size = size;
	}
	h = &r->pending[r->pending_count++];
	memset(h, 0, sizeof *h);
	h->event.type = type;
	h->event.cmd = cmd;
	h->event.at = runner_now(r);
	driver_wake(r->driver);
	return h;
}

void happening_release(struct happening *h)
{
	event_release(&h->event);
	buf_release(&h->fields);
	free(h->note);
	h->note = NULL;
	free(h->message);
	h->message = NULL;
}

/* A message may name files whose names are no text. New, or NULL. */
static json_t *why_broken(enum drive_end end, const struct err *err)
{
	struct buf text = BUF_INIT;
	json_t *why;

	text_add_failure(&text,
			 end != DRIVE_HALTED                 ? "broken"
			 : err->code == ERR_NONDETERMINISTIC ? "nondeterministic"
			 : err->code == ERR_SECRET           ? "secret"
							     : "halted",
			 err->text, false, NULL, 0);
	why = buf_ok(&text) ? json_loadb(text.data, text.len, 0, NULL) : NULL;
	buf_release(&text);
	return why;
}

void runner_break(struct runner *r, enum drive_end end, const struct err *err)
{
	struct progress p = {.kind = PROGRESS_RUN_ENDED, .end = end};
	struct err ignored = ERR_INIT;

	runner_unseal(r);
	if (r->end != DRIVE_NOT_YET)
		return;
	if (err->code == ERR_SECRET)
		p.end = end = DRIVE_HALTED;
	r->end = end;
	json_decref(r->detail);
	r->detail = why_broken(end, err);
	if (end == DRIVE_HALTED && r->detail)
		run_set_halted(&r->run, r->detail, &ignored);
	p.text = err->text;
	p.detail = r->detail;
	driver_progress(r->driver, r, &p);
}

int runner_payload(void *arg, const char *name, json_t **ret, struct err *err)
{
	struct runner *r = arg;
	return run_get_payload(&r->run, name, ret, err);
}

/* That another driver goes on with the run: said with the first thing that happens, so that looking
 * alone costs no line. */
int runner_say_resumed(struct runner *r, struct err *err)
{
	struct event event = {.type = EVENT_RUN_RESUMED, .at = runner_now(r)};
	struct buf fields = BUF_INIT;
	char host[256] = "";
	int rc;

	gethostname(host, sizeof host - 1);
	for (char *c = host; *c; c++)
		if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
			*c = '?';
	buf_addf(&fields, "\"pid\":%d,\"host\":\"%s\",\"version\":\"%s\"", (int)getpid(), host,
		 PACKAGE_VERSION);
	rc = buf_ok(&fields) ? history_append(r->history, &event, fields.data, fields.len, err)
			     : err_nomem(err);
	buf_release(&fields);
	r->resumed = false;
	return rc;
}

/* What hangs on the end of a run is durable before the end is. */
static int prepare_end(struct runner *r, struct err *err)
{
	for (size_t i = 0; i < r->pending_count; i++) {
		enum event_type type = r->pending[i].event.type;
		if (event_is_end(type))
			return kids_parent_ends(r, err);
	}
	return 0;
}

/* Append all that is pending and make it durable by one sync: promise 1. */
int runner_record(struct runner *r, struct err *err)
{
	int rc = runner_last_words(r, err);

	if (rc == 0)
		rc = prepare_end(r, err);
	if (rc == 0 && r->resumed && r->pending_count)
		rc = runner_say_resumed(r, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < r->pending_count; i++) {
		struct happening *h = &r->pending[i];
		rc = fault_before(r->driver->options.fault, r->history, err);
		if (rc == 0)
			rc = history_append(r->history, &h->event,
					    h->fields.data ? h->fields.data : "", h->fields.len,
					    err);
		if (rc == 0)
			rc = fault_after(r->driver->options.fault, r->history, err);
		if (rc < 0)
			return rc;
	}
	return history_sync(r->history, err);
}

void runner_tell_committer(struct runner *r, const char *note)
{
	struct history_position position = history_position(r->history);
	committer_commit(r->driver->committer, r->run.id, &position, note);
}

/* Promise 2: only what is durable reaches the workflow, and only then is it asked what comes next.
 */
int runner_feed(struct runner *r, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < r->pending_count; i++) {
		struct happening *h = &r->pending[i];
		struct task *task = h->task;
		runner_say(r, h);
		runner_tell_committer(r, h->note);
		if (rc == 0 && r->core && !event_is_note(h->event.type) &&
		    !event_is_end(h->event.type)) {
			crash_guard(r->run.path, r->run.id);
			rc = core_feed(r->core, &h->event, err);
			crash_guard(NULL, NULL);
		}
		if (rc == 0)
			rc = runner_told(r, &h->event, err);
		if (rc == 0)
			runner_note_end(r, &h->event);
		if (h->message)
			runner_inbox_drop(r, h->message);
		happening_release(h);
		if (task)
			task_free(task);
	}
	r->pending_count = 0;
	runner_told_keep(r);
	return rc;
}

int runner_put_value(struct runner *r, struct buf *fields, const char *member, const char *text,
		     size_t len, struct err *err)
{
	char name[80];
	int rc;

	if (len <= LARGE_VALUE) {
		buf_addf(fields, "\"%s\":", member);
		buf_add(fields, text, len);
		return buf_ok(fields) ? 0 : err_nomem(err);
	}
	rc = run_put_payload(&r->run, text, len, name, err);
	if (rc == 0)
		buf_addf(fields, "\"%s_file\":\"%s\"", member, name);
	return rc < 0 || buf_ok(fields) ? rc : err_nomem(err);
}

int runner_put_json(struct runner *r, struct buf *fields, const char *member, const json_t *value,
		    struct err *err)
{
	char *text = dump_json(value, JSON_COMPACT | JSON_ENCODE_ANY);
	int rc = text ? runner_put_value(r, fields, member, text, strlen(text), err)
		      : err_nomem(err);

	free(text);
	return rc;
}

/* A run that the workflow has ended waits for the steps that it asked to stop: they may clean up.
 */
static bool is_over(const struct runner *r)
{
	return r->ended ||
	       (core_status(r->core) != CORE_RUNNING && !r->pending_count && !task_stopping(r));
}

void runner_turn(struct runner *r)
{
	struct err err = ERR_INIT;
	int rc = 0;

	r->said_waiting = false;
	while (rc == 0 && r->end == DRIVE_NOT_YET && r->pending_count) {
		rc = runner_record(r, &err);
		if (rc == 0)
			rc = runner_feed(r, &err);
		if (rc == 0 && !r->ended)
			rc = runner_serve(r, &err); /* also what an ended workflow has logged */
		if (rc == 0 && is_over(r)) {
			if (!r->ended && core_status(r->core) == CORE_CONTINUED)
				rc = runner_continue(r, &err);
			else
				runner_finish(r);
		}
	}
	if (rc < 0)
		runner_break(r, err.code == ERR_NONDETERMINISTIC ? DRIVE_HALTED : DRIVE_BROKEN,
			     &err);
}

static void let_go(struct runner *r)
{
	if (r->run.lock_fd >= 0) {
		pool_unkeep(r->driver->pool, r->run.lock_fd);
		committer_release(r->driver->committer, r->run.id);
	}
	run_unlock(&r->run);
}

void runner_leave(struct runner *r)
{
	let_go(r);
	r->left = true;
}

void runner_close(struct runner *r)
{
	if (!r)
		return;
	while (r->tasks)
		task_free(r->tasks);
	kids_free(r);
	kid_leave(r);
	for (size_t i = 0; i < r->pending_count; i++)
		happening_release(&r->pending[i]);
	free(r->pending);
	runner_unseal(r);
	runner_inbox_close(r);
	runner_limits_close(r);
	runner_locks_close(r);
	runner_gate_close(r);
	core_free(r->core);
	history_close(r->history);
	json_decref(r->attempts);
	json_decref(r->begun);
	json_decref(r->told);
	json_decref(r->children);
	json_decref(r->ended);
	json_decref(r->detail);
	let_go(r);
	run_release(&r->run);
	free(r);
}
