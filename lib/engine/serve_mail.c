/* SPDX-License-Identifier: MIT */
#include "serve_mail.h"

#include "../base/hash.h"
#include "../base/str.h"
#include "../store/inbox.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

/* ---- signals to other runs */

/* The same for every try at the same command: so the other run knows a repeat (exactly once). */
static char *message_name(const struct runner *r, const struct command *command)
{
	char *sender = str_format("%s.%llu.%s", r->run.id, (unsigned long long)command->id,
				  r->key_tail);
	char *name = sender ? inbox_name_of((long long)command->asked,
					    (unsigned)(command->id % 1000000),
					    (unsigned)hash_crc32(sender, strlen(sender)))
			    : NULL;

	free(sender);
	return name;
}

/* Whether a run that has ended had the message: it was put before a crash of ours. */
static int was_delivered(struct run *run, const char *name, bool *ret, struct err *err)
{
	struct history_options options = {.run = run->id};
	struct history *history = NULL;
	char *path = str_format("%s/history", run->path);
	struct event event;
	int rc = path ? history_open(&history, run->state->os, path, &options, err)
		      : err_nomem(err);

	free(path);
	*ret = false;
	while (rc == 0 && !*ret && (rc = history_read(history, &event, err)) > 0) {
		const char *known = json_string_value(json_object_get(event.body, "message"));
		*ret = known && strcmp(known, name) == 0;
		event_release(&event);
		rc = 0;
	}
	history_close(history);
	return rc;
}

/* 0: it is durable there; or -ERR_NOT_FOUND, -ERR_CLOSED, which the workflow is told; or worse. */
static int deliver(struct runner *r, const struct command *command, struct err *err)
{
	json_t *message = json_pack("{s:s, s:s, s:O, s:s}", "kind", "signal", "name", command->name,
				    "payload", command->value, "from", r->run.id);
	char *name = message_name(r, command);
	struct err ignored = ERR_INIT;
	bool delivered = false;
	struct run run;
	int rc = message && name ? run_open(&run, r->driver->state, command->run, err)
				 : err_nomem(err);

	if (rc == 0) {
		rc = inbox_put_as(&run, message, name, err);
		run_release(&run);
		if (rc == -ERR_CLOSED &&
		    run_open(&run, r->driver->state, command->run, &ignored) == 0) {
			was_delivered(&run, name, &delivered, &ignored);
			run_release(&run);
		}
	}
	if (delivered) {
		err_clear(err);
		rc = 0;
	}
	json_decref(message);
	free(name);
	return rc;
}

int serve_signal(struct runner *r, const struct command *command, struct err *err)
{
	struct err why = ERR_INIT;
	struct happening *h;
	json_t *error = NULL;
	int rc = deliver(r, command, &why);

	if (rc < 0 && rc != -ERR_NOT_FOUND && rc != -ERR_CLOSED && rc != -ERR_USAGE)
		return err_set(err, why.code, "%s", why.text);
	if (rc < 0)
		error = json_pack("{s:s, s:s}", "type",
				  rc == -ERR_CLOSED  ? "run_ended"
				  : rc == -ERR_USAGE ? "bad_input"
						     : "no_such_run",
				  "message", why.text);
	h = runner_happen(r, EVENT_SIGNAL_SENT, command->id);
	if (!h || (rc < 0 && !error)) {
		json_decref(error);
		return err_nomem(err);
	}
	core_describe_input(r->core, command->id, &h->fields);
	h->event.body = error ? json_pack("{s:O}", "error", error) : json_object();
	rc = h->event.body && buf_ok(&h->fields) ? 0 : err_nomem(err);
	if (rc == 0 && error) {
		buf_addc(&h->fields, ',');
		rc = runner_put_json(r, &h->fields, "error", error, err);
	}
	json_decref(error);
	return rc;
}

/* ---- the end of an update */

int serve_update(struct runner *r, const struct command *command, struct err *err)
{
	const char *member = command->failed ? "error" : "result";
	struct happening *h = runner_happen(r, EVENT_UPDATE_COMPLETED, 0);
	json_t *id = json_string(command->name);
	int rc = h && id ? runner_put_json(r, &h->fields, "update", id, err) : err_nomem(err);

	json_decref(id);
	if (rc == 0) {
		buf_addc(&h->fields, ',');
		rc = runner_put_json(r, &h->fields, member, command->value, err);
	}
	if (rc == 0) {
		h->event.body = json_pack("{s:s, s:O}", "update", command->name, member,
					  command->value);
		h->note = str_format("update %s: %s", command->name,
				     command->failed ? "failed" : "completed");
		rc = h->event.body && h->note ? 0 : err_nomem(err);
	}
	return rc;
}
