/* SPDX-License-Identifier: MIT */
/*
 * Virtual time: a run whose run.json says "virtual_time" never waits. Its clock
 * stands still while anything goes on, and goes to the next due time once all such runs of
 * the driver only wait. They share one clock, so a parent and its children agree.
 * A driver that takes such a run over goes on from the time of its last event.
 */
#ifndef WF_ENGINE_VIRTUAL_H
#define WF_ENGINE_VIRTUAL_H

#include <stdbool.h>
#include <stdint.h>

struct driver;
struct runner;

/* Milliseconds since 1970 by the clock that this run lives by. */
int64_t runner_now(const struct runner *r);
/* An event of that time was read from the history, or the run was made then. */
void virtual_saw(struct runner *r, int64_t at);
/* Where nothing else can happen: go to the next due time, and wake the first that waited for it.
 * Whether there was one. */
bool virtual_advance(struct driver *d);

#endif
