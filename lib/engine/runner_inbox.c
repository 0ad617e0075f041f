/* SPDX-License-Identifier: MIT */
#include "runner_inbox.h"

#include "../base/buf.h"
#include "../model/dump.h"
#include "../os/os.h"
#include "../store/inbox.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "inbox_kinds.h"
#include "runner.h"
#include "runner_limits.h"
#include "runner_secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the runner knows of a message: taken (an event of it is pending or recorded). */
static bool is_taken(const struct runner *r, const char *name)
{
	return json_is_true(json_object_get(r->messages, name));
}

int runner_inbox_list(struct runner *r, struct err *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = inbox_names(&r->run, &names, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++)
		if (json_object_set_new(r->messages, names[i], json_false()) < 0)
			rc = err_nomem(err);
	inbox_names_free(names, n);
	r->mail_changed = n > 0;
	return rc;
}

int runner_inbox_known(struct runner *r, const struct event *event, struct err *err)
{
	const char *name = json_string_value(json_object_get(event->body, "message"));
	const char *update = json_string_value(json_object_get(event->body, "update"));
	int rc = 0;

	if (name && json_object_get(r->messages, name))
		rc = json_object_set_new(r->messages, name, json_true());
	if (name && rc == 0 && json_object_get(event->body, "from"))
		rc = json_object_set_new(r->heard, name, json_true());
	if (update && rc == 0)
		rc = json_object_set_new(r->updates, update, json_true());
	return rc < 0 ? err_nomem(err) : 0;
}

void runner_inbox_drop(struct runner *r, const char *name)
{
	struct err ignored = ERR_INIT;

	if (inbox_remove(&r->run, name, &ignored) == 0)
		json_object_del(r->messages, name);
}

/* It is pending: its file is removed once that is fed. */
static bool is_pending(const struct runner *r, const char *name)
{
	for (size_t i = 0; i < r->pending_count; i++)
		if (r->pending[i].message && strcmp(r->pending[i].message, name) == 0)
			return true;
	return false;
}

/* INBOX_LATER: look at it, and what came after it, again after the next turn. */
static int take(struct runner *r, const char *name, const json_t *message, struct err *err)
{
	const char *kind = json_string_value(json_object_get(message, "kind"));

	if (r->delayed && kind && strcmp(kind, "cancel") == 0) {
		int rc = runner_begin_now(r, err); /* which takes this one too */
		return rc < 0 ? rc : INBOX_LISTED;
	}
	if (r->delayed && (!kind || strcmp(kind, "terminate") != 0))
		return INBOX_STAYS;
	for (const struct inbox_kind *k = inbox_kinds; k->kind; k++) {
		int rc;

		if (!kind || strcmp(k->kind, kind) != 0)
			continue;
		rc = k->take(r, name, message, err);
		if (rc == 0 && json_object_set_new(r->messages, name, json_true()) < 0)
			rc = err_nomem(err);
		return rc;
	}
	return INBOX_STAYS; /* of a kind that this wf does not know: left for one that does */
}

static int read_masked(struct runner *r, const char *name, json_t **ret, struct err *err)
{
	int rc = inbox_read(&r->run, name, ret, err);

	return rc > 0 && runner_mask(r, ret, err) < 0 ? -err->code : rc;
}

static int look_at(struct runner *r, const char *name, struct err *err)
{
	json_t *message = NULL;
	int rc;

	if (is_taken(r, name)) {
		if (!is_pending(r, name))
			runner_inbox_drop(r, name);
		return 0;
	}
	rc = read_masked(r, name, &message, err);
	if (rc > 0)
		rc = take(r, name, message, err);
	json_decref(message);
	return rc;
}

static void mail_forget(struct runner *r)
{
	inbox_names_free(r->mail, r->mail_count);
	r->mail = NULL;
	r->mail_count = r->mail_at = 0;
}

static int mail_list(struct runner *r, struct err *err)
{
	int rc;

	mail_forget(r);
	r->mail_changed = false;
	rc = inbox_names(&r->run, &r->mail, &r->mail_count, err);
	return rc < 0 ? rc : INBOX_LISTED;
}

bool runner_inbox_due(const struct runner *r)
{
	return r->end == DRIVE_NOT_YET && (r->mail_changed || r->mail_at < r->mail_count);
}

void runner_inbox_again(struct runner *r)
{
	r->mail_at = 0;
	r->mail_changed = true;
	driver_wake(r->driver);
}

int runner_inbox_take(struct runner *r, struct err *err)
{
	while (runner_inbox_due(r)) {
		int rc = r->mail_at < r->mail_count ? look_at(r, r->mail[r->mail_at], err)
						    : mail_list(r, err);
		if (rc < 0)
			return rc;
		if (rc == INBOX_LATER)
			return 0;
		if (rc != INBOX_LISTED)
			r->mail_at++;
	}
	return 0;
}

static int take_last(struct runner *r, const char *name, const json_t *message, struct err *err)
{
	const char *kind = json_string_value(json_object_get(message, "kind"));
	int rc = 0;

	if (!kind || strcmp(kind, "signal") != 0)
		return 0;
	r->delayed = false;
	if (!r->began)
		rc = runner_say_begun(r, err);
	return rc < 0 ? rc : take(r, name, message, err);
}

int runner_inbox_last(struct runner *r, struct err *err)
{
	int rc = mail_list(r, err);

	for (; rc >= 0 && r->mail_at < r->mail_count; r->mail_at++) {
		const char *name = r->mail[r->mail_at];
		json_t *message = NULL;

		rc = is_taken(r, name) ? 0 : read_masked(r, name, &message, err);
		if (rc > 0)
			rc = take_last(r, name, message, err);
		json_decref(message);
	}
	return rc < 0 ? rc : 0;
}

void runner_inbox_forget(struct runner *r)
{
	struct err ignored = ERR_INIT;

	if (mail_list(r, &ignored) < 0)
		return;
	for (; r->mail_at < r->mail_count; r->mail_at++)
		if (is_taken(r, r->mail[r->mail_at]) && !is_pending(r, r->mail[r->mail_at]))
			runner_inbox_drop(r, r->mail[r->mail_at]);
}

static void on_inbox(uv_fs_event_t *handle, const char *file, int events, int status)
{
	struct runner *r = handle->data;

	(void)events;
	(void)status;
	if (!r || (file && file[0] == '.'))
		return;
	r->mail_changed = true;
	driver_wake(r->driver);
}

int runner_inbox_watch(struct runner *r, struct err *err)
{
	struct os *os = r->driver->state->os;
	struct buf path = BUF_INIT;
	int rc;

	buf_addf(&path, "%s/inbox", r->run.path);
	if (!buf_ok(&path))
		return err_nomem(err);
	rc = os->ops->mkdir(os, path.data, 0700);
	r->inbox = calloc(1, sizeof *r->inbox);
	rc = rc < 0 && rc != -EEXIST ? err_sys(err, -rc, "cannot make '%s'", path.data)
	     : !r->inbox             ? err_nomem(err)
				     : 0;
	if (rc == 0) {
		uv_fs_event_init(&r->driver->loop, r->inbox);
		r->inbox->data = r;
		rc = uv_fs_event_start(r->inbox, on_inbox, path.data, 0);
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot watch '%s'", path.data);
	}
	buf_release(&path);
	r->mail_changed = true;
	return rc < 0 ? rc : runner_inbox_take(r, err);
}

static void inbox_closed(uv_handle_t *handle)
{
	free(handle);
}

void runner_inbox_close(struct runner *r)
{
	if (r->inbox && r->inbox->loop) {
		r->inbox->data = NULL;
		uv_close((uv_handle_t *)r->inbox, inbox_closed);
	} else {
		free(r->inbox);
	}
	r->inbox = NULL;
	json_decref(r->messages);
	json_decref(r->heard);
	json_decref(r->updates);
	r->messages = r->heard = r->updates = NULL;
	mail_forget(r);
}

int runner_inbox_copy(json_t *body, struct buf *fields, const char *name, const json_t *message,
		      const char *const *members, struct err *err)
{
	buf_addf(fields, "\"message\":\"%s\"", name);
	for (; *members; members++) {
		json_t *value = json_object_get(message, *members);
		char *text = value ? dump_json(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
		if (value && (!text || json_object_set(body, *members, value) < 0)) {
			free(text);
			return err_nomem(err);
		}
		if (value)
			buf_addf(fields, ",\"%s\":%s", *members, text);
		free(text);
	}
	return buf_ok(fields) ? 0 : err_nomem(err);
}
