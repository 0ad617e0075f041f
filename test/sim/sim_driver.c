/* SPDX-License-Identifier: MIT */
/* What a driver does in a turn, without processes: append, sync, feed, serve. */
#include "world_internal.h"

#include <inttypes.h>
#include <stdlib.h>

void outcome_release(struct outcome *o)
{
	event_release(&o->event);
	buf_release(&o->fields);
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
		world_fed[outcomes[i].event.type]++;
		if (!event_is_end(outcomes[i].event.type))
			rc = core_feed(w->core, &outcomes[i].event, err);
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

void fill(struct world *w, struct outcome *o, const struct open_command *c, const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct buf object = BUF_INIT;

	*o = (struct outcome){.event = {.cmd = c->cmd, .at = w->clock}};
	if (c->timer) {
		o->event.type = EVENT_TIMER_FIRED;
		o->event.body = json_object();
		free(text);
		return;
	}
	o->event.type = value ? EVENT_STEP_COMPLETED : EVENT_STEP_FAILED;
	core_describe_input(w->core, c->cmd, &o->fields);
	if (value)
		buf_addf(&o->fields, ",\"attempt\":%d,\"us\":5,\"result\":%s", c->attempt, text);
	else
		buf_addf(
			&o->fields,
			",\"attempt\":%d,\"us\":5,\"error\":{\"type\":\"doomed\",\"message\":\"as asked\"}",
			c->attempt);
	buf_addf(&object, "{%s}", o->fields.data);
	o->event.body = json_loads(object.data, 0, NULL);
	buf_release(&object);
	free(text);
}

static struct open_command *open_new(struct world *w, const struct command *command)
{
	struct open_command *c;

	if (w->open_count == MOST) {
		broke(w, "more than %d open commands", MOST);
		return NULL;
	}
	c = &w->open[w->open_count++];
	*c = (struct open_command){.cmd = command->id, .attempt = 1, .step = command->step};
	return c;
}

/* Promise 3, and the record that goes before the only attempt of an at-most-once step. */
static int begin_step(struct world *w, const struct command *command, struct err *err)
{
	struct open_command *c;
	struct outcome o;
	int rc = 0;

	if (command->id < MOST && w->recorded[command->id])
		broke(w,
		      "promise 3: step %" PRIu64 " was dispatched though its outcome is recorded",
		      command->id);
	c = open_new(w, command);
	if (!c || !command->step->at_most_once || command->id >= MOST)
		return 0;
	if (w->started[command->id]) {
		json_t *none = NULL;
		fill(w, &o, c, none);
		w->open_count--;
		rc = turn(w, &o, 1, err);
		outcome_release(&o);
		return rc;
	}
	o = (struct outcome){
		.event = {.type = EVENT_STEP_STARTED, .cmd = command->id, .at = w->clock}};
	core_describe_input(w->core, command->id, &o.fields);
	buf_adds(&o.fields, ",\"attempt\":1");
	o.event.body = json_pack("{s:s}", "step", "work");
	rc = turn(w, &o, 1, err);
	outcome_release(&o);
	if (rc == 0 && ++w->begun[command->id] > 1)
		broke(w, "promise 3: at-most-once step %" PRIu64 " was dispatched twice",
		      command->id);
	return rc;
}

static void forget(struct world *w, uint64_t cmd)
{
	for (size_t i = 0; i < w->open_count; i++)
		if (w->open[i].cmd == cmd) {
			w->open[i] = w->open[--w->open_count];
			return;
		}
}

static int side_effect(struct world *w, const struct command *command, struct err *err)
{
	json_t *value = core_side_effect(w->core, command->id);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	struct buf fields = BUF_INIT;
	int rc;

	if (command->id < MOST && w->recorded[command->id])
		broke(w, "promise 3: side effect %" PRIu64 " was asked for again", command->id);
	buf_addf(&fields, "\"value\":%s", text);
	rc = tell(w, EVENT_SIDE_EFFECT, command->id, fields.data, err);
	buf_release(&fields);
	free(text);
	json_decref(value);
	return rc;
}

static int serve_one(struct world *w, const struct command *command, struct err *err)
{
	struct open_command *c;

	switch (command->kind) {
	case COMMAND_STEP:
		return begin_step(w, command, err);
	case COMMAND_TIMER:
		if (command->id < MOST && w->recorded[command->id])
			broke(w, "promise 3: timer %" PRIu64 " was started though it has fired",
			      command->id);
		c = open_new(w, command);
		if (c) {
			c->timer = true;
			c->due = command->due;
		}
		return 0;
	case COMMAND_CANCEL:
		forget(w, command->target);
		return 0;
	case COMMAND_SIDE_EFFECT:
		return side_effect(w, command, err);
	case COMMAND_MARKER:
		return tell(w, command->marker, 0, command->text, err);
	default:
		return 0;
	}
}

int serve(struct world *w, struct err *err)
{
	const struct command *command;
	int rc = 0;

	while (rc == 0 && !w->verdict->broken[0] && (command = core_next(w->core)))
		rc = serve_one(w, command, err);
	return rc;
}
