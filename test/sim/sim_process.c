/* SPDX-License-Identifier: MIT */
/* A process of the simulator: from opening the history to its death, and what the oracle knows of
 * it. */
#include "world_internal.h"

#include "program.h"

#include <inttypes.h>

#define FRESH 64 /* events of one sync, at most */

static uint32_t digest(const struct event *event)
{
	return (uint32_t)(event->seq * 2654435761u) ^ (uint32_t)(event->cmd * 40503u) ^
	       ((uint32_t)event->type << 24) ^ (uint32_t)event->at;
}

static void remember(struct world *w, const struct event *event)
{
	w->cancelled = w->cancelled || event->type == EVENT_CANCEL_REQUESTED;
	if (event->cmd >= MOST)
		return;
	if (event->type == EVENT_STEP_COMPLETED || event->type == EVENT_STEP_FAILED ||
	    event->type == EVENT_TIMER_FIRED || event->type == EVENT_SIDE_EFFECT)
		w->recorded[event->cmd] = true;
	if (event->type == EVENT_STEP_STARTED)
		w->started[event->cmd] = true;
}

void acknowledge(struct world *w, const struct event *event)
{
	if (w->acknowledged_count < MOST * 2)
		w->acknowledged[w->acknowledged_count++] = digest(event);
	remember(w, event);
}

static int new_core(struct world *w, struct err *err)
{
	static const uint8_t seed[32] = {7};
	json_t *input = program_input(w->schedule->seed, w->schedule->ops);
	struct core_options options = {.module = program_module(),
				       .run_id = "sim",
				       .seed = seed,
				       .input = input,
				       .created = CREATED,
				       .rules = CORE_RULES,
				       .stack_bytes = 65536};
	int rc = core_new(&w->core, &options, err);

	json_decref(input);
	return rc;
}

/* The core is told of markers before it replays. */
static int preload(struct world *w, struct err *err)
{
	struct history_options options = {.run = "sim"};
	struct history *h;
	struct event event;
	int rc = history_open(&h, w->os, FOLDER, &options, err);

	if (rc < 0)
		return rc;
	while (rc == 0 && (rc = history_read(h, &event, err)) > 0) {
		rc = event.type == EVENT_PATCHED || event.type == EVENT_VERSION
			     ? core_preload(w->core, &event, err)
			     : 0;
		event_release(&event);
	}
	history_close(h);
	return rc;
}

/* Promise 1: what was acknowledged must come first, and in order. What comes behind it is believed
 * once the end was reached: until then the history has not made it durable. */
static int replay(struct world *w, bool *ret_begun, struct err *err)
{
	struct event event;
	struct event fresh[FRESH];
	size_t n = 0, known = w->acknowledged_count;
	int rc;

	while ((rc = history_read(w->history, &event, err)) > 0) {
		*ret_begun = *ret_begun || event.type == EVENT_RUN_STARTED;
		if (event.type != EVENT_SEGMENT) {
			if (n < known && w->acknowledged[n] != digest(&event))
				broke(w,
				      "promise 1: event %zu is not the one that was acknowledged",
				      n + 1);
			if (n >= known && n - known < FRESH)
				fresh[n - known] = event; /* without its body */
			n++;
			w->ended = w->ended || event_is_end(event.type);
			if (core_feed(w->core, &event, err) < 0) {
				broke(w, "promise 4: its own history does not replay: %s",
				      err->text);
				event_release(&event);
				return -err->code;
			}
		}
		event_release(&event);
	}
	if (rc == 0 && n < known) {
		broke(w, "promise 1: %zu events were acknowledged, %zu are there", known, n);
		return rc;
	}
	for (size_t i = 0; rc == 0 && i < n - known && i < FRESH; i++)
		acknowledge(w, &fresh[i]);
	return rc;
}

int boot(struct world *w, struct err *err)
{
	struct history_options options = {.writable = true, .segment_bytes = 2048, .run = "sim"};
	bool begun = false;
	int rc = history_open(&w->history, w->os, FOLDER, &options, err);

	w->open_count = 0;
	if (rc == 0)
		rc = new_core(w, err);
	if (rc == 0)
		rc = preload(w, err);
	if (rc == 0)
		rc = replay(w, &begun, err);
	if (rc < 0 || w->ended)
		return rc;
	core_set_live(w->core);
	return begun ? serve(w, err)
		     : tell(w, EVENT_RUN_STARTED, 0, "\"rules\":1,\"workflow\":\"simulated\"", err);
}

void die(struct world *w)
{
	history_close(w->history);
	core_free(w->core);
	w->history = NULL;
	w->core = NULL;
}
