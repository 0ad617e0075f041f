/* SPDX-License-Identifier: MIT */
/*
 * The files of a run as a tree: run.json, history/, module.so, attempts/,
 * payloads/, result.json, halted.json, and the tails of the logs. Only what
 * changed since the tree was last brought up to date is read.
 */
#ifndef WF_STORE_GIT_SNAPSHOT_H
#define WF_STORE_GIT_SNAPSHOT_H

#include <git2/oid.h>
#include <stdbool.h>
#include <stdint.h>

struct batch;
struct err;
struct modules;
struct repo;
struct tree;

#define SNAPSHOT_LOG_TAIL 65536

struct snapshot {
	struct repo *repo; /* borrowed, as all here */
	struct batch *batch;
	struct modules *modules;
	const char *folder; /* <state>/open/<id> or closed/<id> */
	unsigned segment;   /* the last one, and */
	uint64_t offset;    /* how many of its bytes are durable */
	bool thorough;      /* look also into the folders of logs that are long left */
};

/* Bring root up to date. -ERR_NOT_FOUND when the run's folder went away meanwhile (it was closed):
 * look again. */
/* Only history/ and module.so. */
int snapshot_history(const struct snapshot *snapshot, struct tree *root, struct err *err);
int snapshot_take(const struct snapshot *snapshot, struct tree *root, struct err *err);

#endif
