/* SPDX-License-Identifier: MIT */
/* What the files about the children of a run share. */
#ifndef WF_ENGINE_CHILD_INTERNAL_H
#define WF_ENGINE_CHILD_INTERNAL_H

#include "child.h"

#include <uv.h>

struct kid {
	struct runner *parent;
	struct runner *runner; /* while it is driven here */
	struct kid *next, **link;
	uint64_t cmd;
	const struct child *child; /* borrowed from the core */
	char *id;                  /* of the attempt in hand */
	int attempt;
	bool stuck;    /* halted or broken */
	bool told_end; /* who has its id was told to end */
	int64_t due;   /* of the next attempt; 0: none */
	uv_timer_t *alarm;
};

void kid_free(struct kid *kid);

/* ---- what the parent's history says of it (child_say.c) */

/* The attempt that the history says was started last; 0: none. */
int kid_recorded(const struct kid *kid);
/* Record that the attempt in hand is made. */
int kid_say_started(struct kid *kid, struct err *err);
/* Its end becomes our event. Frees the kid. value: result or error, borrowed. */
int kid_settle(struct kid *kid, const char *status, json_t *value, struct err *err);
int kid_settle_failed(struct kid *kid, const char *type, const char *message, struct err *err);

/* ---- what it is told (child_tell.c) */

/* Terminate the run, if it is open; the driver of ours does so at once. */
int kid_tell_to_end(struct driver *d, const char *id, const char *reason, struct err *err);

#endif
