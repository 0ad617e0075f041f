/* SPDX-License-Identifier: MIT */
#include "world.h"

#include "base/buf.h"
#include "base/error.h"
#include "core/core.h"
#include "model/event.h"
#include "os/file.h"
#include "program.h"
#include "store/history.h"

#include "../unit/simdisk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/history"
#define CREATED 1700000000000
#define MOST 4096 /* commands of one run */

unsigned long world_fed[64];

/* An attempt that runs, or a timer that has not fired. */
struct open_command {
	uint64_t cmd;
	bool timer, retrying;
	int64_t due;
	int attempt;
	const struct step *step;
};

struct world {
	const struct schedule *schedule;
	struct verdict *verdict;
	uint64_t random;
	struct simdisk *disk; /* NULL: an undisturbed run */
	struct os *os;
	int64_t clock;
	struct history *history;
	struct core *core;
	struct open_command open[MOST];
	size_t open_count;
	/* the oracle */
	uint32_t acknowledged[MOST *
			      2]; /* a digest of each event that a sync acknowledged, by place */
	size_t acknowledged_count;
	bool recorded[MOST];       /* has a durable outcome */
	unsigned char begun[MOST]; /* at-most-once steps: how often dispatched */
	bool started[MOST];        /* step_started is durable */
	bool ended;
};

static __attribute__((format(printf, 2, 3))) void broke(struct world *w, const char *format, ...)
{
	va_list ap;

	if (w->verdict->broken[0])
		return;
	va_start(ap, format);
	vsnprintf(w->verdict->broken, sizeof w->verdict->broken, format, ap);
	va_end(ap);
}

static unsigned draw(struct world *w, unsigned limit)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned)((w->random >> 17) % limit);
}

static uint32_t digest(const struct event *event)
{
	return (uint32_t)(event->seq * 2654435761u) ^ (uint32_t)(event->cmd * 40503u) ^
	       ((uint32_t)event->type << 24) ^ (uint32_t)event->at;
}

/* ---- what the driver does ---- */

struct outcome {
	struct event event;
	struct buf fields;
};

static void outcome_release(struct outcome *o)
{
	event_release(&o->event);
	buf_release(&o->fields);
}

static void remember(struct world *w, const struct event *event)
{
	if (event->cmd >= MOST)
		return;
	if (event->type == EVENT_STEP_COMPLETED || event->type == EVENT_STEP_FAILED ||
	    event->type == EVENT_TIMER_FIRED)
		w->recorded[event->cmd] = true;
	if (event->type == EVENT_STEP_STARTED)
		w->started[event->cmd] = true;
}

static int serve(struct world *w, struct err *err);

/* Make n outcomes durable by one sync, then feed and serve. */
static int turn(struct world *w, struct outcome *outcomes, size_t n, struct err *err)
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
	for (size_t i = 0; i < n; i++) {
		if (w->acknowledged_count < MOST * 2)
			w->acknowledged[w->acknowledged_count++] = digest(&outcomes[i].event);
		remember(w, &outcomes[i].event);
	}
	for (size_t i = 0; rc == 0 && i < n; i++) {
		world_fed[outcomes[i].event.type]++;
		if (!event_is_end(outcomes[i].event.type))
			rc = core_feed(w->core, &outcomes[i].event, err);
	}
	return rc < 0 ? rc : serve(w, err);
}

static int tell(struct world *w, enum event_type type, const char *fields, struct err *err)
{
	struct outcome o = {.event = {.type = type, .at = w->clock}};
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

static void fill(struct world *w, struct outcome *o, const struct open_command *c,
		 const json_t *value)
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
	default:
		return 0;
	}
}

static int serve(struct world *w, struct err *err)
{
	const struct command *command;
	int rc = 0;

	while (rc == 0 && !w->verdict->broken[0] && (command = core_next(w->core)))
		rc = serve_one(w, command, err);
	return rc;
}

/* ---- a process begins ---- */

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

/* Promise 1: what was acknowledged must come first, and in order. */
static int replay(struct world *w, bool *ret_begun, struct err *err)
{
	struct event event;
	size_t n = 0;
	int rc;

	while ((rc = history_read(w->history, &event, err)) > 0) {
		*ret_begun = *ret_begun || event.type == EVENT_RUN_STARTED;
		if (event.type != EVENT_SEGMENT) {
			if (n < w->acknowledged_count && w->acknowledged[n] != digest(&event))
				broke(w,
				      "promise 1: event %zu is not the one that was acknowledged",
				      n + 1);
			if (n >= w->acknowledged_count && n < MOST * 2)
				w->acknowledged[w->acknowledged_count++] = digest(&event);
			n++;
			remember(w, &event);
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
	if (rc == 0 && n < w->acknowledged_count)
		broke(w, "promise 1: %zu events were acknowledged, %zu are there",
		      w->acknowledged_count, n);
	return rc;
}

static int boot(struct world *w, struct err *err)
{
	struct history_options options = {.writable = true, .segment_bytes = 2048, .run = "sim"};
	bool begun = false;
	int rc = history_open(&w->history, w->os, FOLDER, &options, err);

	w->open_count = 0;
	if (rc == 0)
		rc = new_core(w, err);
	if (rc == 0)
		rc = replay(w, &begun, err);
	if (rc < 0 || w->ended)
		return rc;
	core_set_live(w->core);
	return begun ? serve(w, err)
		     : tell(w, EVENT_RUN_STARTED, "\"rules\":1,\"workflow\":\"simulated\"", err);
}

static void die(struct world *w)
{
	history_close(w->history);
	core_free(w->core);
	w->history = NULL;
	w->core = NULL;
}

/* ---- the world turns ---- */

/* Whether something came to its end; retries only wait again. */
static bool comes(struct world *w, struct outcome *o, size_t i)
{
	struct open_command *c = &w->open[i];
	json_t *value;

	if (c->timer || c->retrying) {
		if (c->due > w->clock)
			return false;
		if (c->retrying) {
			c->retrying = false;
			return false;
		}
	} else if (w->disk && draw(w, 4) == 0 && !c->step->at_most_once) {
		c->attempt++;
		c->retrying = true;
		c->due = w->clock + 1 + draw(w, 20);
		return false;
	}
	value = c->timer ? NULL : program_answer(c->step->input);
	fill(w, o, c, value);
	json_decref(value);
	w->open[i] = w->open[--w->open_count];
	return true;
}

/* Time passes to the next thing that is due, sometimes a little more, rarely back. */
static void pass_time(struct world *w)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < w->open_count; i++) {
		struct open_command *c = &w->open[i];
		int64_t due = c->timer || c->retrying ? c->due : w->clock;
		next = due < next ? due : next;
	}
	if (next != INT64_MAX && next > w->clock)
		w->clock = next;
	if (w->disk && draw(w, 10) == 0)
		w->clock += (int64_t)draw(w, 1000) - 100;
	if (w->disk)
		simdisk_set_now(w->disk, w->clock);
}

static int happen(struct world *w, struct err *err)
{
	struct outcome outcomes[8];
	size_t n = 0, most = w->disk ? 1 + draw(w, 8) : 1;
	int rc;

	pass_time(w);
	for (unsigned tries = 0; tries < 16 && n < most && w->open_count; tries++) {
		size_t i = w->disk ? draw(w, (unsigned)w->open_count) : tries % w->open_count;
		n += comes(w, &outcomes[n], i);
	}
	rc = n ? turn(w, outcomes, n, err) : 0;
	while (n)
		outcome_release(&outcomes[--n]);
	return rc;
}

static int finish(struct world *w, struct err *err)
{
	bool completed = core_status(w->core) == CORE_COMPLETED;
	json_t *value = completed ? core_result(w->core) : core_error(w->core);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	struct buf fields = BUF_INIT;
	int rc;

	buf_addf(&fields, "\"%s\":%s", completed ? "result" : "error", text);
	rc = tell(w, completed ? EVENT_RUN_COMPLETED : EVENT_RUN_FAILED, fields.data, err);
	w->ended = rc == 0;
	buf_release(&fields);
	free(text);
	return rc;
}

static void strike(struct world *w)
{
	static const int errors[] = {EIO, ENOSPC};

	if (draw(w, 2))
		simdisk_cut_at(w->disk, 1 + draw(w, 60));
	else
		simdisk_fail_at(w->disk, 1 + draw(w, 60), errors[draw(w, 2)]);
}

/* One process, from its start to the end of the run, or its own. */
static bool live(struct world *w, bool may_die)
{
	struct err err = ERR_INIT;
	unsigned patience = may_die ? 1 + draw(w, 40) : 100000;
	int rc;

	if (may_die && draw(w, 2))
		strike(w);
	rc = boot(w, &err);
	while (rc == 0 && !w->ended && !w->verdict->broken[0] && patience--) {
		w->verdict->turns++;
		rc = core_status(w->core) != CORE_RUNNING ? finish(w, &err) : happen(w, &err);
	}
	if (rc == -ERR_NONDETERMINISTIC)
		broke(w, "promise 4: %s", err.text);
	else if (rc < 0 && !(w->disk && simdisk_struck(w->disk)))
		broke(w, "a quiet disk failed: %s", err.text);
	return rc == 0 && w->ended;
}

/* What is left when a process is gone. */
static void after(struct world *w)
{
	bool power;

	die(w);
	power = simdisk_struck(w->disk) || draw(w, 3) == 0;
	simdisk_fail_at(w->disk, 0, 0);
	simdisk_cut_at(w->disk, 0);
	if (power)
		simdisk_power_on(w->disk);
	else
		simdisk_kill(w->disk);
	w->verdict->deaths++;
}

/* How it ended, without what depends on the schedule (how many attempts a cause took). New. */
static char *result_of(struct world *w)
{
	json_t *error = core_error(w->core), *bare;
	char *text;

	if (core_status(w->core) == CORE_COMPLETED)
		return json_dumps(core_result(w->core),
				  JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	bare = json_pack("{s:O, s:O}", "type", json_object_get(error, "type"), "message",
			 json_object_get(error, "message"));
	text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(bare);
	return text;
}

static char *run_to_end(struct world *w, const struct schedule *schedule, struct verdict *verdict,
			unsigned deaths)
{
	struct err err = ERR_INIT;
	char *result = NULL;

	*w = (struct world){.schedule = schedule,
			    .verdict = verdict,
			    .clock = CREATED,
			    .random = schedule->seed * 6364136223846793005u + 1442695040888963407u};
	w->disk = simdisk_new(schedule->seed);
	w->os = simdisk_os(w->disk);
	simdisk_set_now(w->disk, w->clock);
	os_make_dir(w->os, FOLDER, 0700, NULL, &err);
	simdisk_sync_all(w->disk);
	while (!live(w, deaths > 0) && !verdict->broken[0]) {
		after(w);
		if (deaths)
			deaths--;
	}
	if (!verdict->broken[0]) {
		result = result_of(w);
		verdict->events = (unsigned)w->acknowledged_count;
	}
	die(w);
	simdisk_free(w->disk);
	return result;
}

void world_run(const struct schedule *schedule, struct verdict *ret)
{
	struct world *w = malloc(sizeof *w);
	struct verdict quiet = {.turns = 0};
	char *expected, *result;

	*ret = (struct verdict){.turns = 0};
	expected = run_to_end(w, schedule, &quiet, 0);
	if (!expected) {
		snprintf(ret->broken, sizeof ret->broken, "undisturbed: %.500s", quiet.broken);
		free(w);
		return;
	}
	result = run_to_end(w, schedule, ret, schedule->deaths);
	if (result && strcmp(result, expected) != 0) {
		w->verdict = ret;
		broke(w, "the end: %s instead of %s", result, expected);
	}
	free(result);
	free(expected);
	free(w);
}
