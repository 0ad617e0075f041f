/* SPDX-License-Identifier: MIT */
/*
 * A run replayed in this process, read-only: no lock is taken and nothing is
 * written, so a driver is not disturbed, and a run that has ended can be looked
 * at too. Its code is the module that it is pinned to.
 */
#ifndef WF_ENGINE_PAST_H
#define WF_ENGINE_PAST_H

#include "../store/run.h"

#include <stdbool.h>

struct core;
struct err;
struct event;
struct module;
struct state;

/* Called behind each event, notes and segment heads too; core is that of the generation that the
 * event belongs to (NULL: none has begun), fed with it already. Non-zero stops the replay. */
typedef int past_fed_fn(void *arg, struct core *core, const struct event *event, struct err *err);

struct past_options {
	bool every_generation; /* else the current one alone */
	bool keep;             /* core_keep: it will be asked by core_query */
	past_fed_fn *fed;      /* may be NULL */
	void *arg;
};

struct past {
	struct run run;
	struct module *module;
	struct core *core; /* of the last generation */
	bool opened;       /* run is */
};

/*
 * Open the run and replay it. A driver may close a segment, or the run, meanwhile: then all begins
 * anew, and begin (may be NULL) is called before each try. Whether it fails or not, ret is to be
 * released: what was reached is in it.
 */
int past_replay(struct past *ret, struct state *state, const char *id,
		const struct past_options *options, void (*begin)(void *arg), struct err *err);
void past_release(struct past *past);

#endif
