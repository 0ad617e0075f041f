/* SPDX-License-Identifier: MIT */
/* Making a new run out of what the user said. */
#ifndef WF_CMD_NEW_RUN_H
#define WF_CMD_NEW_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct err;
struct module;
struct named;
struct state;

struct new_run {
	const struct named *named;
	const char *id;              /* NULL: one is made up */
	json_t *input, *environment; /* borrowed */
	json_t *options;             /* of run.json; borrowed; NULL: none */
	json_t *message;             /* in its inbox from the beginning; borrowed; NULL: none */
	int64_t created;             /* ms since 1970; 0: now */
	const uint8_t *seed;         /* 32 bytes, borrowed; NULL: chance */
	bool replace;                /* a run that has ended has the id */
	struct module *module;       /* owned; by new_run_load */
	char *file;                  /* owned: what was loaded */
	int workflow;                /* index in the module */
};

/* Compile (for which state is needed) and load the module, and choose the workflow in it. Makes
 * nothing but the cached binary. */
int new_run_load(struct new_run *run, struct state *state, struct err *err);
/* Pin the module and make the run, durably. ret_id is new. */
int new_run_create(struct new_run *run, struct state *state, char **ret_id, struct err *err);
void new_run_release(struct new_run *run);

#endif
