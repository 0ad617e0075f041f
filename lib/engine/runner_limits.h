/* SPDX-License-Identifier: MIT */
/*
 * When a run may begin, and by when it must have ended, by the options in its
 * run.json (milliseconds): "start_delay"; "timeout" for the whole of it, over
 * all generations, counted from the end of the delay; "run_timeout" for one
 * generation, counted from its run_started. A run whose time is over fails with
 * the type "timeout" and without compensations; when that happened while nobody
 * drove it, the next driver records it first of all.
 */
#ifndef WF_ENGINE_RUNNER_LIMITS_H
#define WF_ENGINE_RUNNER_LIMITS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct err;
struct event;
struct runner;

/* For each event recorded or replayed: when the generation began. */
void runner_limits_note(struct runner *r, const struct event *event);
/* After replay: begin it, or wait until it may; or record that its time is over. */
int runner_limits_open(struct runner *r, struct err *err);
/* Begin it now, whatever the delay. */
int runner_begin_now(struct runner *r, struct err *err);
/* By when it must have ended; 0: whenever. *ret_which is "execution" or "run". */
int64_t runner_deadline(const struct runner *r, const char **ret_which);
/* What a run waits for that may not begin yet, as core_waits says it. New. */
json_t *runner_delay_waits(const struct runner *r);
/* One of its times has come. A failure ends the run as broken. */
void runner_limits_wake(struct runner *r);
void runner_limits_close(struct runner *r);

#endif
