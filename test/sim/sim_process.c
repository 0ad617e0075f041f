/* SPDX-License-Identifier: MIT */
/* A process of the simulator: from opening the history to its death, and what the oracle knows of
 * it. */
#include "world_internal.h"

#include "program.h"

#include <inttypes.h>
#include <string.h>

#define FRESH 64 /* events of one sync, at most */

static uint32_t digest(const struct event *event)
{
	return (uint32_t)(event->seq * 2654435761u) ^ (uint32_t)(event->cmd * 40503u) ^
	       ((uint32_t)event->type << 24) ^ (uint32_t)event->at;
}

static void remember(struct world *w, const struct event *event)
{
	w->cancelled = w->cancelled || event->type == EVENT_CANCEL_REQUESTED;
	w->terminated = w->terminated || event->type == EVENT_RUN_TERMINATED;
	w->signals += event->type == EVENT_SIGNAL_RECEIVED;
	if (event->type == EVENT_UPDATE_ACCEPTED)
		w->updates++;
	if (event->cmd >= MOST)
		return;
	if (event->type == EVENT_STEP_COMPLETED || event->type == EVENT_STEP_FAILED ||
	    event->type == EVENT_TIMER_FIRED || event->type == EVENT_SIDE_EFFECT ||
	    event->type == EVENT_CHILD_CLOSED || event->type == EVENT_SIGNAL_SENT)
		w->recorded[event->cmd] = true;
	if (event->type == EVENT_STEP_STARTED || event->type == EVENT_CHILD_STARTED)
		w->started[event->cmd] = true;
}

void acknowledge(struct world *w, const struct event *event)
{
	if (w->acknowledged_count < MOST * 2)
		w->acknowledged[w->acknowledged_count++] = digest(event);
	remember(w, event);
}

/* A core for the generation that started begins; NULL: the first. Takes the place of the one there
 * is. */
static int new_core(struct world *w, const struct event *started, struct err *err)
{
	static const uint8_t seed[32] = {7};
	const json_t *body = started ? started->body : NULL;
	json_t *input = body ? json_incref(json_object_get(body, "input"))
			     : program_input(w->schedule->seed, w->schedule->ops);
	struct core_options options = {.module = program_module(),
				       .run_id = "sim",
				       .seed = seed,
				       .input = input,
				       .created = started ? started->at : CREATED,
				       .rules = CORE_RULES,
				       .stack_bytes = 65536};
	struct core *core;
	int rc;

	options.generation = (unsigned)json_integer_value(json_object_get(body, "generation"));
	options.commands = (uint64_t)json_integer_value(json_object_get(body, "commands"));
	rc = core_new(&core, &options, err);
	json_decref(input);
	if (rc < 0)
		return rc;
	core_free(w->core);
	w->core = core;
	w->open_count = 0;
	w->continued = false;
	return 0;
}

/* The core is told of the markers of its generation, which begins at from, before it replays. */
static int preload(struct world *w, uint64_t from, struct err *err)
{
	struct history_options options = {.run = "sim"};
	struct history *h;
	struct event event;
	bool over = false;
	int rc = history_open(&h, w->os, FOLDER, &options, err);

	if (rc < 0)
		return rc;
	while (rc == 0 && (rc = history_read(h, &event, err)) > 0) {
		over = over || (event.seq > from && event.type == EVENT_RUN_CONTINUED);
		rc = !over && event.seq > from &&
				     (event.type == EVENT_PATCHED || event.type == EVENT_VERSION)
			     ? core_preload(w->core, &event, err)
			     : 0;
		event_release(&event);
	}
	history_close(h);
	return rc;
}

/* The next generation is there, in the history or about to be. */
static int next_generation(struct world *w, const struct event *started, bool replaying,
			   struct err *err)
{
	int rc = new_core(w, started, err);

	if (rc == 0 && replaying)
		rc = preload(w, started->seq, err);
	else if (rc == 0)
		core_set_live(w->core);
	return rc;
}

static int feed_recorded(struct world *w, const struct event *event, struct err *err)
{
	int rc = 0;

	if (event->type == EVENT_RUN_STARTED && json_object_get(event->body, "generation"))
		rc = next_generation(w, event, true, err);
	cover(w, event, false);
	if (rc == 0)
		rc = feed(w, event, err);
	w->continued = event->type == EVENT_RUN_CONTINUED;
	return rc;
}

int go_on(struct world *w, struct err *err)
{
	json_t *unread = core_unread(w->core), *input = json_incref(core_result(w->core));
	unsigned generation = core_generation(w->core) + 1;
	json_t *fields = json_pack("{s:i, s:s, s:i, s:I, s:o, s:O}", "rules", CORE_RULES,
				   "workflow", "simulated", "generation", (int)generation,
				   "commands", (json_int_t)core_commands(w->core), "signals",
				   unread, "input", input);
	json_t *end = json_pack("{s:o, s:i}", "input", input, "generation", (int)generation);
	struct event started = {.type = EVENT_RUN_STARTED, .at = w->clock, .body = fields};
	int rc = w->continued ? 0 : tell_fields(w, EVENT_RUN_CONTINUED, 0, end, err);

	if (rc == 0) {
		history_set_generation(w->history, generation);
		rc = next_generation(w, &started, false, err);
	}
	if (rc == 0)
		rc = tell_fields(w, EVENT_RUN_STARTED, 0, fields, err);
	json_decref(fields);
	json_decref(end);
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
			w->ended = w->ended ||
				   (event_is_end(event.type) && event.type != EVENT_RUN_CONTINUED);
			if (feed_recorded(w, &event, err) < 0) {
				if (!simdisk_struck(w->disk))
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

	w->ended = false;
	memset(w->given_up, 0, sizeof w->given_up);
	if (rc == 0)
		rc = new_core(w, NULL, err);
	if (rc == 0)
		rc = preload(w, 0, err);
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
