/* SPDX-License-Identifier: MIT */
#include "inbox_kinds.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "inbox_mail.h"
#include "runner.h"
#include "task.h"

#include <string.h>

/* The event that a message becomes: all its members are copied. */
static int take_as(struct runner *r, enum event_type type, const char *name, const json_t *message,
		   const char *const *members, struct err *err)
{
	struct happening *h = runner_happen(r, type, 0);

	if (!h || !(h->event.body = json_object()) || !(h->message = strdup(name)))
		return err_nomem(err);
	return runner_inbox_copy(h->event.body, &h->fields, name, message, members, err);
}

static int take_cancel(struct runner *r, const char *name, const json_t *message, struct err *err)
{
	static const char *const members[] = {"reason", NULL};
	return take_as(r, EVENT_CANCEL_REQUESTED, name, message, members, err);
}

static int take_terminate(struct runner *r, const char *name, const json_t *message,
			  struct err *err)
{
	static const char *const members[] = {"error", NULL};
	return take_as(r, EVENT_RUN_TERMINATED, name, message, members, err);
}

const struct inbox_kind inbox_kinds[] = {
	{"signal", inbox_take_signal}, {"update", inbox_take_update},      {"cancel", take_cancel},
	{"terminate", take_terminate}, {"complete", task_take_completion}, {NULL, NULL},
};
