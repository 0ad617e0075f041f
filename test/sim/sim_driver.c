/* SPDX-License-Identifier: MIT */
/* What a driver does in a turn, without processes: append, sync, feed, serve. */
#include "world_internal.h"

#include "model/child.h"

#include <stdlib.h>
#include <string.h>

void outcome_release(struct outcome *o)
{
	event_release(&o->event);
	buf_release(&o->fields);
}

int feed(struct world *w, const struct event *event, struct err *err)
{
	int64_t before = core_now(w->core);
	int rc = core_feed(w->core, event, err);

	if (core_now(w->core) < before)
		broke(w, "promise 6: time in the workflow went back");
	return rc;
}

int turn(struct world *w, struct outcome *outcomes, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = history_append(w->history, &outcomes[i].event,
				    outcomes[i].fields.data ? outcomes[i].fields.data : "",
				    outcomes[i].fields.len, err);
	if (rc == 0)
		rc = history_sync(w->history, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++)
		acknowledge(w, &outcomes[i].event);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		cover(w, &outcomes[i].event, true);
		if (!event_is_end(outcomes[i].event.type))
			rc = feed(w, &outcomes[i].event, err);
	}
	return rc < 0 ? rc : serve(w, err);
}

int tell(struct world *w, enum event_type type, uint64_t cmd, const char *fields, struct err *err)
{
	struct outcome o = {.event = {.type = type, .cmd = cmd, .at = w->clock}};
	struct buf object = BUF_INIT;
	int rc;

	buf_adds(&o.fields, fields);
	buf_addf(&object, "{%s}", fields);
	o.event.body = json_loads(object.data, 0, NULL);
	rc = turn(w, &o, 1, err);
	buf_release(&object);
	outcome_release(&o);
	return rc;
}

int tell_fields(struct world *w, enum event_type type, uint64_t cmd, const json_t *fields,
		struct err *err)
{
	char *text = json_dumps(fields, JSON_COMPACT);
	int rc;

	text[strlen(text) - 1] = '\0';
	rc = tell(w, type, cmd, text + 1, err);
	free(text);
	return rc;
}

/* What the history says of an outcome beside its value. */
static void describe(struct world *w, struct outcome *o, const struct open_command *c)
{
	core_describe_input(w->core, c->cmd, &o->fields);
	if (c->kind == COMMAND_CHILD)
		buf_addf(&o->fields, ",\"child\":\"%s\",\"status\":", c->child->id);
	else
		buf_addf(&o->fields, ",\"attempt\":%d,\"us\":5", c->attempt);
}

static void fill_value(struct world *w, struct outcome *o, const struct open_command *c,
		       const json_t *value)
{
	static const char doomed[] = "\"error\":{\"type\":\"doomed\",\"message\":\"as asked\"}";
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	describe(w, o, c);
	if (c->kind == COMMAND_CHILD)
		buf_adds(&o->fields, value ? "\"completed\"" : "\"failed\"");
	if (value)
		buf_addf(&o->fields, ",\"result\":%s", text);
	else
		buf_addf(&o->fields, ",%s", doomed);
	free(text);
}

void fill(struct world *w, struct outcome *o, const struct open_command *c, const json_t *value)
{
	static const enum event_type types[][2] = {
		[COMMAND_STEP] = {EVENT_STEP_FAILED, EVENT_STEP_COMPLETED},
		[COMMAND_CHILD] = {EVENT_CHILD_CLOSED, EVENT_CHILD_CLOSED},
		[COMMAND_TIMER] = {EVENT_TIMER_FIRED, EVENT_TIMER_FIRED},
		[COMMAND_ACQUIRE] = {EVENT_LOCK_ACQUIRED, EVENT_LOCK_ACQUIRED},
	};
	struct buf object = BUF_INIT;

	*o = (struct outcome){
		.event = {.cmd = c->cmd, .at = w->clock, .type = types[c->kind][value != NULL]}};
	if (c->kind == COMMAND_ACQUIRE) {
		char *text = json_dumps(c->fields, JSON_COMPACT);
		buf_add(&o->fields, text + 1, strlen(text) - 2);
		free(text);
	} else if (c->kind != COMMAND_TIMER) {
		fill_value(w, o, c, value);
	}
	buf_addf(&object, "{%s}", o->fields.data ? o->fields.data : "");
	o->event.body = json_loads(object.data, 0, NULL);
	buf_release(&object);
}
