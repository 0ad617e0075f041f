/* SPDX-License-Identifier: MIT */
/* Making a new run out of a loaded module, for the command line and for programs that embed the
 * engine. */
#ifndef WF_ENGINE_RUN_PLAN_H
#define WF_ENGINE_RUN_PLAN_H

#include <jansson.h>
#include <stdint.h>

struct err;
struct module;
struct state;

/* All borrowed. */
struct run_plan {
	const struct module *module;
	int workflow;          /* index in the module */
	const char *file;      /* the shared object that was loaded */
	const char *named;     /* what the user named: its base name is kept for people */
	const char *id;        /* NULL: one is made up */
	const char *directory; /* of the run's commands; NULL: the working folder */
	json_t *input;         /* NULL: {} */
	json_t *environment;   /* object of strings; NULL: none */
	const json_t *options; /* object, kept in run.json; its "secrets" names some; NULL: none */
	json_t *message;       /* in its inbox from the beginning; NULL: none */
	int64_t created;       /* ms since 1970; 0: now */
	const uint8_t *seed;   /* 32 bytes; NULL: chance */
	const char *replaces;  /* key of the run that has ended with this id; NULL: none */
};

/* Pin the module and make the run, durably. ret_id is new. ERR_EXISTS when the id is taken;
 * ERR_USAGE when what would be kept holds the value of a secret. A death on the way leaves at most
 * the pinned module. */
int run_plan_make(const struct run_plan *plan, struct state *state, char **ret_id, struct err *err);

#endif
