/* SPDX-License-Identifier: MIT */
/* A run tells its children, by their inboxes, like anybody. */
#include "../base/str.h"
#include "../model/child.h"
#include "../store/inbox.h"
#include "child_internal.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_inbox.h"

#include <stdlib.h>
#include <string.h>

/* Put a message into the inbox of a run, if that is open; the driver of ours takes it at once. */
static int tell(struct driver *d, const char *id, json_t *message, struct err *err)
{
	struct err why = ERR_INIT;
	struct runner *runner = driver_find(d, id);
	struct run run;
	int rc = run_open(&run, d->state, id, &why);

	if (rc == 0) {
		rc = inbox_put(&run, message, NULL, &why);
		run_release(&run);
	}
	if (rc == -ERR_CLOSED || rc == -ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return err_set(err, why.code, "%s", why.text);
	if (runner && runner_inbox_take(runner, &why) < 0)
		runner_break(runner, DRIVE_BROKEN, &why);
	return 0;
}

static int tell_to_cancel(struct driver *d, const char *id, const char *reason, struct err *err)
{
	json_t *message = json_pack("{s:s, s:s}", "kind", "cancel", "reason", reason);
	int rc = message ? tell(d, id, message, err) : err_nomem(err);

	json_decref(message);
	return rc;
}

int kid_tell_to_end(struct driver *d, const char *id, const char *reason, struct err *err)
{
	json_t *message = json_pack("{s:s, s:{s:s, s:s}}", "kind", "terminate", "error", "type",
				    "terminated", "message", reason);
	int rc = message ? tell(d, id, message, err) : err_nomem(err);

	json_decref(message);
	return rc;
}

int kid_cancel(struct runner *r, uint64_t cmd, struct err *err)
{
	struct kid *kid = r->kids;

	while (kid && kid->cmd != cmd)
		kid = kid->next;
	if (!kid || !kid->id)
		return 0;
	return tell_to_cancel(r->driver, kid->id, "its parent wants it no longer", err);
}

int kids_parent_ends(struct runner *r, struct err *err)
{
	char *reason = str_format("its parent '%s' has ended", r->run.id);
	json_t *body;
	const char *key;
	void *next;
	int rc = reason ? 0 : err_nomem(err);

	json_object_foreach_safe (r->children, next, key, body) {
		const char *id = json_string_value(json_object_get(body, "child"));
		enum child_close policy =
			child_close_parse(json_string_value(json_object_get(body, "on_close")));

		if (rc == 0 && id && policy == CHILD_TERMINATE)
			rc = kid_tell_to_end(r->driver, id, reason, err);
		else if (rc == 0 && id && policy == CHILD_CANCEL)
			rc = tell_to_cancel(r->driver, id, reason, err);
	}
	free(reason);
	return rc;
}
