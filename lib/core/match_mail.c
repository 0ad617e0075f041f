/* SPDX-License-Identifier: MIT */
#include "match_mail.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "describe.h"
#include "match_internal.h"
#include "update.h"

#include <string.h>

static const char *text_of(const struct event *event, const char *member)
{
	return json_string_value(json_object_get(event->body, member));
}

int match_signal_received(struct core *core, const struct event *event, struct err *err)
{
	const char *name = text_of(event, "name");
	json_t *payload;
	int rc = name ? match_value(core, event, "payload", "payload_file", &payload, err)
		      : match_incomplete(event, "name", err);

	if (rc < 0)
		return rc;
	match_time(core, event);
	return mail_deliver(core, name, payload) < 0 ? err_nomem(err) : 0;
}

/* ---- to another run */

int match_signal_sent(struct core *core, const struct event *event, struct err *err)
{
	const json_t *error = json_object_get(event->body, "error");
	struct failure *failure = NULL;
	struct entry *entry;
	int rc = match_asked(core, event, COMMAND_SIGNAL, &entry, err);

	if (rc <= 0)
		return rc;
	if (error) {
		failure = failure_new(&core->failures, json_deep_copy(error));
		if (!failure)
			return err_nomem(err);
	}
	match_settle(core, event, entry, error ? NULL : json_true(), failure);
	return 0;
}

/* ---- updates */

/* Promise 4 for updates: the workflow does not have what the event says. */
static int differs(const struct event *event, const char *summary, const char *actual,
		   const char *cause, struct err *err)
{
	const char *id = text_of(event, "update"), *name = text_of(event, "name");
	char expected[300];

	snprintf(expected, sizeof expected, "update '%.100s'%s%.100s%s", id ? id : "?",
		 name ? " of handler '" : "", name ? name : "", name ? "'" : "");
	return err_set(err, ERR_NONDETERMINISTIC,
		       "event %llu (%s) does not fit the workflow: %s\n"
		       "  expected (history):  %s\n"
		       "  actual (workflow):   %s\n"
		       "  likely cause:        %s",
		       (unsigned long long)event->seq, event_type_name(event->type), summary,
		       expected, actual, cause);
}

int match_update_accepted(struct core *core, const struct event *event, struct err *err)
{
	const char *id = text_of(event, "update"), *name = text_of(event, "name");
	const struct update_handler *handler = name ? update_find_handler(core, name) : NULL;
	json_t *payload;
	int rc;

	if (!id || !name)
		return match_incomplete(event, id ? "name" : "update", err);
	if (!handler || core->mail.closed || core->status != CORE_RUNNING)
		return differs(event, "an update is recorded that the workflow does not take here",
			       handler ? "the workflow has ended" : "it has no such handler",
			       "wf_on_update() was removed, renamed, or comes later than it did",
			       err);
	if (update_find(core, id))
		return differs(event, "the update was accepted before",
			       "an update is accepted once",
			       "the history was put together from two runs, or edited", err);
	rc = match_value(core, event, "payload", "payload_file", &payload, err);
	if (rc < 0)
		return rc;
	match_time(core, event);
	return update_begin(core, handler, id, payload) < 0 ? err_nomem(err) : 0;
}

static int other_end(const struct core *core, const struct event *event,
		     const struct update *update, const json_t *result, struct err *err)
{
	struct buf actual = BUF_INIT;
	int rc;

	(void)core;
	if (!update->result && !update->error)
		return differs(event, "the update has ended, but its handler has not",
			       "the handler waits",
			       "a step or wait was added to the handler, or moved", err);
	if ((update->error != NULL) == (json_object_get(event->body, "error") != NULL) &&
	    (update->error || json_equal(result, update->result)))
		return 0;
	buf_adds(&actual, update->error ? "it failed: " : "result ");
	describe_short(update->error ? update->error : update->result, 140, &actual);
	rc = buf_ok(&actual)
		     ? differs(event, "the update has ended in another way", actual.data,
			       "the result depends on something that is not in the history, or the "
			       "handler has changed",
			       err)
		     : err_nomem(err);
	buf_release(&actual);
	return rc;
}

int match_update_completed(struct core *core, const struct event *event, struct err *err)
{
	const char *id = text_of(event, "update");
	struct update *update = id ? update_find(core, id) : NULL;
	json_t *result = NULL;
	int rc;

	if (!id)
		return match_incomplete(event, "update", err);
	if (!update)
		return differs(event, "the update was not accepted, or has ended already",
			       "no such update runs",
			       "the history was put together from two runs, or edited", err);
	rc = match_value(core, event, "result", "result_file", &result, err);
	if (rc == 0)
		rc = other_end(core, event, update, result, err);
	json_decref(result);
	if (rc < 0)
		return rc;
	match_time(core, event);
	update_forget(core, update);
	return 0;
}
