/* SPDX-License-Identifier: MIT */
/*
 * Generations of a run. The first begins with what run.json says; each further
 * one with what its run_started says, in a segment of its own:
 *
 *   ... run_continued | segment (generation 2) run_started ...
 *
 * Both become durable together or not at all: a death in between leaves a run
 * whose last generation has ended by run_continued, and that goes on from there. Commands
 * are numbered on, so that no number, key or log of a run is ever used twice.
 */
#ifndef WF_ENGINE_GENERATION_H
#define WF_ENGINE_GENERATION_H

#include "../core/core.h"

#include <stdint.h>

struct err;
struct event;
struct run;
struct runner;

/* Where a core of the generation that `started` begins takes its start from. */
struct generation {
	uint8_t seed[32];
	json_t *input; /* owned */
	json_t *told; /* owned: tags and memos as the generations before left them; NULL: run.json's
		       */
};

/* Fill in the options of a core from run.json and from run_started (NULL: not written yet, it is
 * the first generation). What they borrow is in ret, to be released behind core_new. */
int generation_begin(struct generation *ret, struct core_options *options, struct run *run,
		     const struct event *started, struct err *err);
void generation_release(struct generation *generation);

/* The workflow has ended to go on as the next generation: record that, and begin it in place. */
int runner_continue(struct runner *r, struct err *err);

#endif
