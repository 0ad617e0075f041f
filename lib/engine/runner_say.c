/* SPDX-License-Identifier: MIT */
/* Telling of what has happened. Promise 1: only what is durable is told. */
#include "driver_internal.h"
#include "runner.h"
#include "task.h"

static const char *text_of(const struct happening *h, const char *member)
{
	return json_string_value(json_object_get(h->event.body, member));
}

static void say_step(struct runner *r, const struct happening *h, enum progress_kind kind)
{
	bool completed = kind == PROGRESS_STEP_COMPLETED;
	struct progress p = {
		.kind = kind,
		.cmd = h->event.cmd,
		.step = h->task->step->name,
		.attempt = h->task->attempt,
		.us = h->us,
		.detail = json_object_get(h->event.body, completed ? "result" : "error")};

	if (!completed)
		p.text = json_string_value(json_object_get(p.detail, "message"));
	driver_progress(r->driver, r, &p);
}

static void say_update(struct runner *r, const struct happening *h)
{
	const json_t *result = json_object_get(h->event.body, "result"),
		     *error = json_object_get(h->event.body, "error");
	struct progress p = {.kind = PROGRESS_UPDATE,
			     .step = text_of(h, "update"),
			     .attempt = error ? 3 : 2,
			     .detail = error ? error : result};

	if (h->event.type == EVENT_UPDATE_ACCEPTED) {
		p.attempt = 1;
		p.detail = NULL;
	}
	driver_progress(r->driver, r, &p);
}

void runner_say(struct runner *r, const struct happening *h)
{
	struct progress p = {.cmd = h->event.cmd, .step = text_of(h, "name")};

	switch (h->event.type) {
	case EVENT_STEP_COMPLETED:
		say_step(r, h, PROGRESS_STEP_COMPLETED);
		break;
	case EVENT_STEP_FAILED:
		say_step(r, h, PROGRESS_STEP_FAILED);
		break;
	case EVENT_UPDATE_ACCEPTED:
	case EVENT_UPDATE_COMPLETED:
		say_update(r, h);
		break;
	case EVENT_TIMER_FIRED:
		p.kind = PROGRESS_TIMER_FIRED;
		driver_progress(r->driver, r, &p);
		break;
	case EVENT_SIGNAL_RECEIVED:
		p.kind = PROGRESS_SIGNAL;
		driver_progress(r->driver, r, &p);
		break;
	default:
		break;
	}
}
