/* SPDX-License-Identifier: MIT */
#include "runner_told.h"

#include "../model/dump.h"
#include "../model/told.h"
#include "../store/state.h"
#include "driver_internal.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

/* The members of an object as the fields of an event. */
static int put_fields(struct buf *out, const json_t *fields, struct err *err)
{
	char *text = dump_json(fields, JSON_COMPACT);
	size_t n = text ? strlen(text) : 0;

	if (n > 2)
		buf_add(out, text + 1, n - 2);
	free(text);
	return text && buf_ok(out) ? 0 : err_nomem(err);
}

int runner_record_fields(struct runner *r, enum event_type type, const struct command *command,
			 struct err *err)
{
	struct happening *h = runner_happen(r, type, command->id);

	if (!h)
		return err_nomem(err);
	h->event.body = json_incref((json_t *)(uintptr_t)command->fields);
	return put_fields(&h->fields, command->fields, err);
}

int runner_tell(struct runner *r, const struct command *command, struct err *err)
{
	return runner_record_fields(r, EVENT_TAGS_SET, command, err);
}

int runner_told(struct runner *r, const struct event *event, struct err *err)
{
	if (event->type != EVENT_TAGS_SET)
		return 0;
	if (!r->told && !(r->told = told_new(r->run.info.options)))
		return err_nomem(err);
	r->told_changed = true;
	return told_apply(r->told, event->body) < 0 ? err_nomem(err) : 0;
}

void runner_told_keep(struct runner *r)
{
	struct err ignored = ERR_INIT;
	json_t *kept = NULL;

	if (!r->told_changed)
		return;
	r->told_changed = false;
	/* a full disk does not stop the run for it: the history has it */
	if (run_told(&r->run, &kept, &ignored) < 0 || !json_equal(kept, r->told))
		run_set_told(&r->run, r->told, &ignored);
	json_decref(kept);
}
