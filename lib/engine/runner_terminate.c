/* SPDX-License-Identifier: MIT */
/*
 * Ending a run that nobody drives, without its code: also one whose module
 * cannot be loaded. The history is read to its end, but not replayed.
 */
#include "runner.h"

#include "child.h"
#include "driver_internal.h"
#include "runner_inbox.h"
#include "runner_limits.h"

#include <stdlib.h>
#include <string.h>

static int read_to_end(struct runner *r, struct err *err)
{
	struct event event;
	int rc = runner_inbox_list(r, err);

	while (rc == 0 && (rc = history_read(r->history, &event, err)) > 0) {
		rc = runner_inbox_known(r, &event, err);
		runner_limits_note(r, &event);
		if (event.type == EVENT_RUN_STARTED)
			json_object_clear(r->children);
		if (event.type == EVENT_CHILD_STARTED || event.type == EVENT_CHILD_CLOSED)
			kid_known(r, &event, err);
		runner_note_end(r, &event);
		event_release(&event);
	}
	if (rc == 0 && !history_module(r->history))
		rc = history_set_module(r->history, r->run.info.module, err);
	return rc;
}

/* message: its name in the inbox, from where it is removed once that is durable; may be NULL. */
static int record(struct runner *r, const char *message, json_t *error, struct err *err)
{
	struct happening *h = runner_happen(r, EVENT_RUN_TERMINATED, 0);
	int rc = h ? runner_put_json(r, &h->fields, "error", error, err) : err_nomem(err);

	if (rc == 0 && message) {
		buf_addf(&h->fields, ",\"message\":\"%s\"", message);
		if (!(h->message = strdup(message)))
			rc = err_nomem(err);
	}
	if (rc == 0 && (!(h->note = strdup("terminated")) ||
			!(h->event.body = json_pack("{s:O}", "error", error))))
		rc = err_nomem(err);
	if (rc == 0)
		rc = runner_record(r, err);
	return rc < 0 ? rc : runner_feed(r, err);
}

static int terminate(struct runner *r, const char *message, json_t *error, struct err *err)
{
	struct err ignored = ERR_INIT;
	bool ended;
	int rc = read_to_end(r, err);

	ended = r->ended != NULL;
	if (rc == 0 && !ended)
		rc = record(r, message, error, err);
	if (rc < 0)
		return rc;
	run_set_halted(&r->run, NULL, &ignored);
	runner_finish(r);
	if (r->end == DRIVE_BROKEN)
		return err_set(err, ERR_SYSTEM, "%s",
			       json_string_value(json_object_get(r->detail, "message")));
	rc = committer_flush(r->driver->committer, err);
	if (rc == 0 && ended)
		rc = err_set(err, ERR_CLOSED, "run '%s' has ended", r->run.id);
	return rc;
}

int driver_terminate(struct driver *driver, const char *id, const char *message, json_t *error,
		     struct err *err)
{
	struct runner *r;
	int rc = runner_new(&r, driver, id, err);

	if (rc < 0)
		return rc;
	rc = terminate(r, message, error, err);
	runner_close(r);
	return rc;
}
