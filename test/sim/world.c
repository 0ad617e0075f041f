/* SPDX-License-Identifier: MIT */
/* The world of one schedule: time, chance, strikes, and the run from its first process to its end.
 */
#include "world_internal.h"

#include "model/child.h"
#include "os/file.h"
#include "program.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long world_fed[WORLD_TYPES][2][2];

void cover(struct world *w, const struct event *event, bool live)
{
	bool late = event->cmd && event->cmd < MOST && w->given_up[event->cmd];

	world_fed[event->type][live][late]++;
}

void broke(struct world *w, const char *format, ...)
{
	va_list ap;

	if (w->verdict->broken[0])
		return;
	va_start(ap, format);
	vsnprintf(w->verdict->broken, sizeof w->verdict->broken, format, ap);
	va_end(ap);
}

unsigned draw(struct world *w, unsigned limit)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (unsigned)((w->random >> 17) % limit);
}

/* Whether something came to its end; retries only wait again. */
static bool comes(struct world *w, struct outcome *o, size_t i)
{
	struct open_command *c = &w->open[i];
	const json_t *input = c->child ? c->child->input : c->step ? c->step->input : NULL;
	json_t *value;

	if (c->due > w->clock)
		return false;
	if (c->kind == COMMAND_ACQUIRE && (w->granted || json_object_size(core_held(w->core))))
		return false;
	w->granted = w->granted || c->kind == COMMAND_ACQUIRE;
	if (c->retrying) {
		c->retrying = false;
		return false;
	}
	if (c->kind == COMMAND_STEP && draw(w, 4) == 0 && !c->step->at_most_once) {
		c->attempt++;
		c->retrying = true;
		c->due = w->clock + 1 + draw(w, 20);
		return false;
	}
	value = input ? program_answer(input) : NULL;
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
		int64_t due = c->due ? c->due : w->clock;
		next = due < next ? due : next;
	}
	if (next != INT64_MAX && next > w->clock)
		w->clock = next;
	if (draw(w, 10) == 0)
		w->clock += (int64_t)draw(w, 1000) - 100;
	simdisk_set_now(w->disk, w->clock);
}

/* An update, if the workflow takes it now. */
static int poke(struct world *w, struct err *err)
{
	json_t *payload = json_pack("{s:i}", "n", 1), *error = NULL;
	char fields[100];
	int rc = core_validate(w->core, "poke", payload, &error, err);

	snprintf(fields, sizeof fields,
		 "\"update\":\"u%u\",\"name\":\"poke\",\"payload\":{\"n\":1}", ++w->updates);
	json_decref(payload);
	json_decref(error);
	return rc == 0 ? tell(w, EVENT_UPDATE_ACCEPTED, 0, fields, err) : rc < 0 ? rc : 0;
}

static int terminate(struct world *w, struct err *err)
{
	int rc = tell(w, EVENT_RUN_TERMINATED, 0, "\"reason\":\"chance\"", err);

	w->ended = rc == 0;
	return rc;
}

/* What others send. 1: nothing. */
static int mail(struct world *w, struct err *err)
{
	if (!w->open_count || draw(w, 12) == 0)
		return tell(w, EVENT_SIGNAL_RECEIVED, 0,
			    "\"message\":\"m\",\"name\":\"go\",\"payload\":5", err);
	if (draw(w, 14) == 0)
		return poke(w, err);
	if (w->schedule->cancel && !w->cancelled && draw(w, 8) == 0)
		return tell(w, EVENT_CANCEL_REQUESTED, 0, "\"message\":\"c\",\"reason\":\"chance\"",
			    err);
	if (w->schedule->cancel && draw(w, 40) == 0)
		return terminate(w, err);
	return 1;
}

static int happen(struct world *w, struct err *err)
{
	struct outcome outcomes[8];
	size_t n = 0, most = 1 + draw(w, 8);
	int rc;

	pass_time(w);
	rc = mail(w, err);
	if (rc <= 0)
		return rc;
	w->granted = false;
	for (unsigned tries = 0; tries < 16 && n < most && w->open_count; tries++)
		n += comes(w, &outcomes[n], draw(w, (unsigned)w->open_count));
	rc = n ? turn(w, outcomes, n, err) : 0;
	while (n)
		outcome_release(&outcomes[--n]);
	return rc;
}

static int finish(struct world *w, struct err *err)
{
	static const enum event_type ends[] = {[CORE_COMPLETED] = EVENT_RUN_COMPLETED,
					       [CORE_FAILED] = EVENT_RUN_FAILED,
					       [CORE_CANCELLED] = EVENT_RUN_CANCELLED};
	bool completed = core_status(w->core) == CORE_COMPLETED;
	json_t *value = completed ? core_result(w->core) : core_error(w->core);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	struct buf fields = BUF_INIT;
	int rc;

	if (core_status(w->core) == CORE_CONTINUED) {
		free(text);
		return go_on(w, err);
	}
	buf_addf(&fields, "\"%s\":%s", completed ? "result" : "error", text);
	rc = tell(w, ends[core_status(w->core)], 0, fields.data, err);
	w->ended = rc == 0;
	buf_release(&fields);
	free(text);
	return rc;
}

static void strike(struct world *w)
{
	static const int errors[] = {EIO, ENOSPC, EDQUOT, EMFILE, ENOMEM};

	if (draw(w, 2))
		simdisk_cut_at(w->disk, 1 + draw(w, 60));
	else
		simdisk_fail_at(w->disk, 1 + draw(w, 60),
				errors[draw(w, sizeof errors / sizeof errors[0])]);
}

/* One process, from its start to the end of the run, or its own. */
static bool live(struct world *w, bool may_die)
{
	struct err err = ERR_INIT;
	unsigned patience = may_die ? 1 + draw(w, 40) : 20000;
	int rc;

	if (may_die && draw(w, 2))
		strike(w);
	rc = boot(w, &err);
	while (rc == 0 && !w->ended && !w->verdict->broken[0] && patience--) {
		w->verdict->turns++;
		rc = core_status(w->core) != CORE_RUNNING ? finish(w, &err) : happen(w, &err);
	}
	if (rc == 0 && !may_die && !w->ended)
		broke(w, "the end: it never comes");
	if (rc == -ERR_NONDETERMINISTIC)
		broke(w, "promise 4: %s", err.text);
	else if (rc < 0 && !simdisk_struck(w->disk))
		broke(w, "a quiet disk failed: %s", err.text);
	return rc == 0 && w->ended;
}

/* What is left when a process is gone. */
static void after(struct world *w)
{
	bool power;

	die(w);
	power = draw(w, simdisk_struck(w->disk) ? 2 : 3) == 0;
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

	if (w->terminated)
		return strdup("terminated");
	if (core_status(w->core) == CORE_COMPLETED)
		return json_dumps(core_result(w->core),
				  JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	bare = json_pack("{s:O, s:O}", "type", json_object_get(error, "type"), "message",
			 json_object_get(error, "message"));
	text = json_dumps(bare, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(bare);
	return text;
}

/* One who reads the run when it has ended and the power was cut finds the same end. */
static void look_again(struct world *w, const char *result)
{
	struct err err = ERR_INIT;
	json_t *unread;
	char *again;

	die(w);
	program_received = 0;
	simdisk_power_on(w->disk);
	if (boot(w, &err) < 0 || !w->ended) {
		broke(w, "promise 1: the end was told, and is not there: %s", err.text);
		return;
	}
	again = result_of(w);
	if (strcmp(result, again) != 0)
		broke(w, "promise 4: read again it ended with %s", again);
	free(again);
	unread = core_unread(w->core);
	if (program_received + json_array_size(unread) != w->signals)
		broke(w, "promise 1: %u signals were acknowledged, %lu read, %zu left", w->signals,
		      program_received, json_array_size(unread));
	json_decref(unread);
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
		look_again(w, result);
	}
	die(w);
	simdisk_free(w->disk);
	return result;
}

void world_run(const struct schedule *schedule, struct verdict *ret)
{
	struct world *w = malloc(sizeof *w);
	struct verdict quiet = {.turns = 0};
	struct schedule undisturbed = *schedule;
	char *expected, *result;

	*ret = (struct verdict){.turns = 0};
	undisturbed.cancel = false;
	expected = run_to_end(w, &undisturbed, &quiet, 0);
	if (!expected) {
		snprintf(ret->broken, sizeof ret->broken, "undisturbed: %.500s", quiet.broken);
		free(w);
		return;
	}
	result = run_to_end(w, schedule, ret, schedule->deaths);
	if (result && !schedule->cancel && strcmp(result, expected) != 0) {
		w->verdict = ret;
		broke(w, "the end: %s instead of %s", result, expected);
	}
	free(result);
	free(expected);
	free(w);
}
