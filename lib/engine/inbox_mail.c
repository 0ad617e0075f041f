/* SPDX-License-Identifier: MIT */
#include "inbox_mail.h"

#include "../model/message.h"
#include "../store/state.h"
#include "crash.h"
#include "driver_internal.h"
#include "reply.h"
#include "runner.h"
#include "runner_inbox.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *message, const char *member)
{
	return json_string_value(json_object_get(message, member));
}

/* An event that says what the message says; a large payload is kept beside the history. */
static struct happening *happen(struct runner *r, enum event_type type, const char *name,
				const json_t *message, const char *const *members, struct err *err)
{
	struct happening *h = runner_happen(r, type, 0);
	json_t *payload = json_object_get(message, "payload");
	int rc = 0;

	if (!h || !(h->event.body = json_object()) || !(h->message = strdup(name)))
		rc = err_nomem(err);
	if (rc == 0)
		rc = runner_inbox_copy(h->event.body, &h->fields, name, message, members, err);
	if (rc == 0)
		buf_addc(&h->fields, ',');
	if (!payload)
		payload = json_null();
	if (rc == 0)
		rc = runner_put_json(r, &h->fields, "payload", payload, err);
	if (rc == 0 && json_object_set(h->event.body, "payload", payload) < 0)
		rc = err_nomem(err);
	return rc < 0 ? NULL : h;
}

/* ---- signals */

/* Promise 1, once: what another run sends again after a crash is known by its name. */
static bool heard(struct runner *r, const char *name, const json_t *message)
{
	return json_object_get(message, "from") && json_object_get(r->heard, name);
}

int inbox_take_signal(struct runner *r, const char *name, const json_t *message, struct err *err)
{
	static const char *const members[] = {"name", "from", NULL};
	const char *signal = text_of(message, "name");
	struct happening *h;

	if (!signal || message_name_problem(signal) || heard(r, name, message)) {
		runner_inbox_drop(r, name);
		return 0;
	}
	h = happen(r, EVENT_SIGNAL_RECEIVED, name, message, members, err);
	if (!h)
		return -err->code;
	if (json_object_get(message, "from") &&
	    json_object_set_new(r->heard, name, json_true()) < 0)
		return err_nomem(err);
	return 0;
}

/* ---- updates */

static int refuse(struct runner *r, const char *name, const char *id, json_t *error,
		  struct err *err)
{
	struct progress p = {.kind = PROGRESS_UPDATE, .step = id};
	int rc = reply_put(&r->run, name, error, err);

	if (rc < 0)
		return rc;
	p.text = text_of(error, "message");
	runner_inbox_drop(r, name);
	driver_progress(r->driver, r, &p);
	return 0;
}

static int accept_update(struct runner *r, const char *name, const char *id, const json_t *message,
			 struct err *err)
{
	static const char *const members[] = {"update", "name", NULL};
	struct happening *h = happen(r, EVENT_UPDATE_ACCEPTED, name, message, members, err);

	if (!h)
		return -err->code;
	if (json_object_set_new(r->updates, id, json_true()) < 0)
		return err_nomem(err);
	return 0;
}

int inbox_take_update(struct runner *r, const char *name, const json_t *message, struct err *err)
{
	const char *id = text_of(message, "update"), *update = text_of(message, "name");
	json_t *error = NULL;
	int rc;

	if (!id || !update || message_name_problem(id) || message_name_problem(update) ||
	    json_object_get(r->updates, id) || reply_is_there(&r->run, name)) {
		runner_inbox_drop(r, name);
		return 0;
	}
	if (r->pending_count)
		return INBOX_LATER;
	crash_guard(r->run.path, r->run.id);
	rc = core_validate(r->core, update, json_object_get(message, "payload"), &error, err);
	crash_guard(NULL, NULL);
	if (rc == 0)
		return accept_update(r, name, id, message, err);
	if (rc > 0)
		rc = refuse(r, name, id, error, err);
	json_decref(error);
	return rc;
}
