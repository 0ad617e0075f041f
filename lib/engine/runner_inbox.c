/* SPDX-License-Identifier: MIT */
#include "runner_inbox.h"

#include "../base/buf.h"
#include "../os/os.h"
#include "../store/inbox.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "inbox_kinds.h"
#include "runner.h"
#include "runner_limits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the runner knows of a message: taken (an event of it is pending or recorded). */
static bool is_taken(const struct runner *r, const char *name)
{
	return json_is_true(json_object_get(r->messages, name));
}

static int note_message(void *arg, const char *name, json_t *message)
{
	struct runner *r = arg;

	(void)message;
	return json_object_set_new(r->messages, name, json_false()) < 0 ? -ERR_NOMEM : 0;
}

int runner_inbox_list(struct runner *r, struct err *err)
{
	int rc;

	r->messages = json_object();
	if (!r->messages)
		return err_nomem(err);
	if (!inbox_any(&r->run))
		return 0;
	rc = inbox_each(&r->run, note_message, r, err);
	return rc == -ERR_NOMEM ? err_nomem(err) : rc;
}

void runner_inbox_known(struct runner *r, const struct event *event)
{
	const char *name;

	if (!json_object_size(r->messages))
		return;
	name = json_string_value(json_object_get(event->body, "message"));
	if (name && json_object_get(r->messages, name))
		json_object_set_new(r->messages, name, json_true());
}

void runner_inbox_drop(struct runner *r, const char *name)
{
	struct err ignored = ERR_INIT;

	if (inbox_remove(&r->run, name, &ignored) == 0)
		json_object_del(r->messages, name);
}

struct taking {
	struct runner *r;
	struct err *err;
};

static int take(void *arg, const char *name, json_t *message)
{
	struct taking *taking = arg;
	struct runner *r = taking->r;
	const char *kind = json_string_value(json_object_get(message, "kind"));
	int rc;

	if (!message || r->end != DRIVE_NOT_YET)
		return 0;
	if (is_taken(r, name)) {
		bool pending = false;
		for (size_t i = 0; i < r->pending_count; i++)
			pending = pending || (r->pending[i].message &&
					      strcmp(r->pending[i].message, name) == 0);
		if (!pending)
			runner_inbox_drop(r, name);
		return 0;
	}
	if (r->delayed && kind && strcmp(kind, "cancel") == 0)
		return runner_begin_now(r, taking->err); /* which takes this one too */
	if (r->delayed && (!kind || strcmp(kind, "terminate") != 0))
		return 0;
	for (const struct inbox_kind *k = inbox_kinds; k->kind; k++) {
		if (!kind || strcmp(k->kind, kind) != 0)
			continue;
		rc = k->take(r, name, message, taking->err);
		if (rc == 0 && json_object_set_new(r->messages, name, json_true()) < 0)
			rc = err_nomem(taking->err);
		return rc < 0 ? rc : 0;
	}
	return 0; /* of a kind that this wf does not know: left for one that does */
}

int runner_inbox_take(struct runner *r, struct err *err)
{
	struct taking taking = {.r = r, .err = err};

	if (r->end != DRIVE_NOT_YET || !inbox_any(&r->run))
		return 0;
	return inbox_each(&r->run, take, &taking, err);
}

static void on_inbox(uv_fs_event_t *handle, const char *file, int events, int status)
{
	struct runner *r = handle->data;
	struct err err = ERR_INIT;

	(void)events;
	(void)status;
	if (!r || r->driver->stopped_by || (file && file[0] == '.'))
		return;
	if (runner_inbox_take(r, &err) < 0)
		runner_break(r, DRIVE_BROKEN, &err);
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
	r->inbox = malloc(sizeof *r->inbox);
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
	r->messages = NULL;
}

int runner_inbox_copy(json_t *body, struct buf *fields, const char *name, const json_t *message,
		      const char *const *members, struct err *err)
{
	buf_addf(fields, "\"message\":\"%s\"", name);
	for (; *members; members++) {
		json_t *value = json_object_get(message, *members);
		char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
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
