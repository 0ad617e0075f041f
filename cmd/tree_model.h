/* SPDX-License-Identifier: MIT */
/*
 * What the live tree knows of each run: what is going on, and the last of what
 * is over. Bounded: older outcomes are only counted.
 */
#ifndef WF_CMD_TREE_MODEL_H
#define WF_CMD_TREE_MODEL_H

#include "../lib/engine/driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum node_state {
	NODE_QUEUED, /* no worker is at it yet */
	NODE_RUNNING,
	NODE_RETRY,
	NODE_TIMER,
	NODE_COMPLETED,
	NODE_FAILED,
	NODE_FIRED,
};

struct node {
	uint64_t cmd;
	char *name;    /* owned; NULL: a timer */
	char *text;    /* owned: why the last attempt failed; NULL */
	char *said;    /* owned: details of the last heartbeat; NULL */
	int64_t since; /* when this state began, monotonic microseconds */
	int64_t us;    /* how long it took */
	int64_t until; /* ms since 1970: a timer fires, a retry begins */
	int attempt;
	enum node_state state;
};

struct tree_run {
	char *id, *workflow; /* owned */
	struct node *nodes;  /* by command number */
	size_t count, size, active;
	uint64_t folded; /* outcomes that were let go of */
	uint64_t steps;  /* completed or failed here */
	uint64_t replayed;
	int64_t began;
	char *waits; /* owned: what it waits for; NULL */
	enum drive_end end;
	struct tree_run *next;
};

struct tree_model {
	struct tree_run *runs; /* in the order in which they began */
};

/* Take in what happened; now: monotonic microseconds. False when there is no memory (the display
 * lacks something). */
bool tree_model_apply(struct tree_model *model, const struct progress *progress, int64_t now);
bool node_is_over(const struct node *node);
void tree_model_release(struct tree_model *model);

#endif
