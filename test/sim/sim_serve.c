/* SPDX-License-Identifier: MIT */
/* What the core asks for: begun, or answered at once. */
#include "world_internal.h"

#include "model/child.h"

#include <inttypes.h>
#include <stdlib.h>

static struct open_command *open_new(struct world *w, const struct command *command)
{
	struct open_command *c;

	if (w->open_count == MOST) {
		broke(w, "more than %d open commands", MOST);
		return NULL;
	}
	c = &w->open[w->open_count++];
	*c = (struct open_command){.cmd = command->id,
				   .kind = command->kind,
				   .attempt = 1,
				   .due = command->due,
				   .step = command->step,
				   .child = command->child,
				   .fields = command->fields};
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
	o.event.body = json_pack("{s:s}", "step", command->step->name);
	rc = turn(w, &o, 1, err);
	outcome_release(&o);
	if (rc == 0 && ++w->begun[command->id] > 1)
		broke(w, "promise 3: at-most-once step %" PRIu64 " was dispatched twice",
		      command->id);
	return rc;
}

void forget(struct world *w, uint64_t cmd)
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

static void not_again(struct world *w, const struct command *command, const char *what)
{
	if (command->id < MOST && w->recorded[command->id])
		broke(w, "promise 3: %s %" PRIu64 " was begun again though its outcome is recorded",
		      what, command->id);
}

/* Made once: its beginning is recorded before it runs. */
static int begin_child(struct world *w, const struct command *command, struct err *err)
{
	struct buf fields = BUF_INIT;
	int rc = 0;

	not_again(w, command, "child");
	if (command->id < MOST && !w->started[command->id]) {
		core_describe_input(w->core, command->id, &fields);
		buf_addf(&fields, ",\"child\":\"%s\"", command->child->id);
		rc = tell(w, EVENT_CHILD_STARTED, command->id, fields.data, err);
		buf_release(&fields);
	}
	if (rc == 0 && core_is_open(w->core, command->id))
		open_new(w, command);
	return rc;
}

static int send(struct world *w, const struct command *command, struct err *err)
{
	struct buf fields = BUF_INIT;
	int rc;

	not_again(w, command, "signal");
	core_describe_input(w->core, command->id, &fields);
	if (draw(w, 3) == 0)
		buf_adds(&fields,
			 ",\"error\":{\"type\":\"no_such_run\",\"message\":\"there is none\"}");
	rc = tell(w, EVENT_SIGNAL_SENT, command->id, fields.data, err);
	buf_release(&fields);
	return rc;
}

static int end_update(struct world *w, const struct command *command, struct err *err)
{
	json_t *fields = json_pack("{s:s, s:O}", "update", command->name,
				   command->failed ? "error" : "result", command->value);
	int rc;

	if (!command->failed && json_integer_value(command->value) != 7)
		broke(w, "the end: update %s has another result", command->name);
	rc = tell_fields(w, EVENT_UPDATE_COMPLETED, 0, fields, err);
	json_decref(fields);
	return rc;
}

/* What a step that is given up does is not known: it may still end. */
static int cancel(struct world *w, uint64_t target)
{
	if (target < MOST)
		w->given_up[target] = true;
	for (size_t i = 0; i < w->open_count; i++)
		if (w->open[i].cmd == target && w->open[i].kind == COMMAND_STEP && draw(w, 2))
			return 0;
	forget(w, target);
	return 0;
}

static int serve_one(struct world *w, const struct command *command, struct err *err)
{
	switch (command->kind) {
	case COMMAND_STEP:
		return begin_step(w, command, err);
	case COMMAND_TIMER:
	case COMMAND_ACQUIRE:
		not_again(w, command, "timer or lock");
		open_new(w, command);
		return 0;
	case COMMAND_CHILD:
		return begin_child(w, command, err);
	case COMMAND_SIGNAL:
		return send(w, command, err);
	case COMMAND_UPDATE:
		return end_update(w, command, err);
	case COMMAND_TELL:
		return tell_fields(w, EVENT_TAGS_SET, command->id, command->fields, err);
	case COMMAND_LET_GO:
		return tell_fields(w, EVENT_LOCK_LET_GO, command->id, command->fields, err);
	case COMMAND_CANCEL:
		return cancel(w, command->target);
	case COMMAND_SIDE_EFFECT:
		return side_effect(w, command, err);
	case COMMAND_MARKER:
		return tell(w, command->marker, 0, command->text, err);
	case COMMAND_LOG:
		return 0;
	}
	return 0;
}

int serve(struct world *w, struct err *err)
{
	const struct command *command;
	int rc = 0;

	while (rc == 0 && !w->verdict->broken[0] && (command = core_next(w->core)))
		rc = serve_one(w, command, err);
	return rc;
}
