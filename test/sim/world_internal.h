/* SPDX-License-Identifier: MIT */
/* What the files of the simulated world share. */
#ifndef WF_TEST_WORLD_INTERNAL_H
#define WF_TEST_WORLD_INTERNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "core/core.h"
#include "model/event.h"
#include "store/history.h"
#include "world.h"

#include "../unit/simdisk.h"

#define FOLDER "/history"
#define CREATED 1700000000000
#define MOST 1024 /* commands of one run */

/* An attempt or a child that runs, a timer that has not fired, a lock that is waited for. */
struct open_command {
	uint64_t cmd;
	enum command_kind kind;
	bool retrying;
	int64_t due;
	int attempt;
	const struct step *step;
	const struct child *child;
	const json_t *fields; /* of a lock */
};

struct world {
	const struct schedule *schedule;
	struct verdict *verdict;
	uint64_t random;
	struct simdisk *disk;
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
	bool started[MOST];        /* step_started or child_started is durable */
	bool cancelled;            /* the request is durable */
	bool given_up[MOST];       /* by the workflow, in this process */
	bool terminated;
	bool granted;   /* a lock, in this turn */
	bool continued; /* the generation has ended, and the next not begun */
	bool ended;
	unsigned updates, signals; /* that are durable */
};

/* The first broken promise is kept. */
void broke(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Below limit, from the schedule's seed. */
unsigned draw(struct world *w, unsigned limit);

/* --- the driver (sim_driver.c) --- */
struct outcome {
	struct event event;
	struct buf fields;
};
void outcome_release(struct outcome *o);
/* core_feed, watched. */
int feed(struct world *w, const struct event *event, struct err *err);
/* Make n outcomes durable by one sync, then feed and serve. */
int turn(struct world *w, struct outcome *outcomes, size_t n, struct err *err);
/* The same for one event of these fields. */
int tell(struct world *w, enum event_type type, uint64_t cmd, const char *fields, struct err *err);
/* The outcome of an open command; value NULL: it failed. */
void fill(struct world *w, struct outcome *o, const struct open_command *c, const json_t *value);
/* The same for an object of these members, borrowed. */
int tell_fields(struct world *w, enum event_type type, uint64_t cmd, const json_t *fields,
		struct err *err);
void forget(struct world *w, uint64_t cmd);
/* Count the event as fed, before it is. */
void cover(struct world *w, const struct event *event, bool live);
/* Serve what the core asks for (sim_serve.c). */
int serve(struct world *w, struct err *err);

/* --- a process (sim_process.c) --- */
int boot(struct world *w, struct err *err);
void die(struct world *w);
/* Begin the next generation. */
int go_on(struct world *w, struct err *err);
/* Promise 1: what a sync has acknowledged. */
void acknowledge(struct world *w, const struct event *event);

#endif
