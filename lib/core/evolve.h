/* SPDX-License-Identifier: MIT */
/*
 * What the workflow asks of its own age: wf_patched, wf_version.
 *
 * An answer is given at once and holds for the whole run. New code is answered
 * with the new way, and a marker of that goes into the history; where the
 * history that is replayed has no marker the answer is the old way.
 *
 * Promise 4, over a crash between the answer and its marker: the marker is
 * asked for in the queue of commands, before all that the workflow asks for
 * because of the answer, and it is durable before the next command is served.
 * So when it was lost, nothing that hangs on the answer was recorded or begun;
 * replay finds no marker, answers with the old way, and what follows is
 * recorded along that. Either way the history holds one of the two, whole.
 *
 * The other answer would be wrong there: what the history cannot show is
 * whether the question is new or the code that asks it. Old code may have begun a
 * step that has no outcome yet, and another step must not get its number and key.
 */
#ifndef WF_CORE_EVOLVE_H
#define WF_CORE_EVOLVE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct core;
struct decision;
struct err;
struct event;

struct evolve {
	struct decision **decisions; /* owned, sorted by kind and id */
	size_t count, size;
	uint64_t open_from; /* of the history: questions first asked from this event on are new; 0:
			       none */
	bool open;
	json_t *origins; /* owned: [{"id","until"}]: the runs that the run was forked from */
	char *refusal;   /* why the workflow cannot follow this history */
};

/* A marker was fed: the workflow must have asked for it. */
int evolve_apply(struct core *core, const struct event *event, struct err *err);
/* Why the core is dead; returns its code. */
int evolve_why(const struct core *core, struct err *err);
/* As the workflow is told: up to the event where the run was forked it was told the id of the run
 * that this comes from. Borrowed. */
const char *evolve_run_id(const struct core *core);
void evolve_release(struct evolve *evolve);

#endif
