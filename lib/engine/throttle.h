/* SPDX-License-Identifier: MIT */
/*
 * How many attempts of a step may run at once, and how many may begin in a second, over all runs of
 * the state directory: the step's own .limit and .rate, and those of config.yaml; the stricter
 * holds. An attempt takes its place before it is dispatched and gives it back when it is over; so
 * does the death of the driver. Internal to the engine.
 */
#ifndef WF_ENGINE_THROTTLE_H
#define WF_ENGINE_THROTTLE_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct runner;
struct task;

/* 1: the attempt may begin. 0: later; task_go is called then. */
int throttle_enter(struct task *task, struct err *err);
/* The attempt is over, or will not be. */
void throttle_leave(struct task *task);
/* Try again those that wait. */
void throttle_look(struct runner *r);
bool throttle_waits(const struct runner *r);
/* Whether the next attempt waits for its turn; and "waits" of attempts/, as wf-state(5): new; NULL:
 * it does not. */
bool throttle_delays(const struct task *task);
json_t *throttle_waits_json(const struct task *task);

#endif
