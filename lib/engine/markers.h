/* SPDX-License-Identifier: MIT */
/* What the core must know of a history before it is fed with it: the answers to wf_patched() and
 * wf_version(), and whether the run was reset. */
#ifndef WF_ENGINE_MARKERS_H
#define WF_ENGINE_MARKERS_H

#include "../model/event.h"

#include <stdbool.h>
#include <stdint.h>

struct core;
struct err;
struct os;

/* Tell core of the history in dir, as far as it is of the generation that begins with event from
 * (0: the first). To be called between core_new and the first core_feed. */
int markers_load(struct core *core, struct os *os, const char *dir, uint64_t from, struct err *err);

/* The same for events that come from elsewhere: markers_see for each, in order, and then
 * markers_seen. */
struct markers {
	struct core *core;
	uint64_t from;
	bool over;               /* the next generation has begun */
	uint64_t last, reset_at; /* the last event before the reset that ends the history */
};
int markers_see(struct markers *markers, const struct event *event, struct err *err);
void markers_seen(const struct markers *markers);

#endif
