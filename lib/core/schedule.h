/* SPDX-License-Identifier: MIT */
/*
 * Whose turn it is. A strand is one line of a workflow: the workflow function
 * itself, and one for each wf_spawn(). First woken, first run.
 */
#ifndef WF_CORE_SCHEDULE_H
#define WF_CORE_SCHEDULE_H

#include "machine.h"

typedef void strand_fn(struct strand *strand);

struct strand {
	struct coroutine co;
	struct core *core;
	struct strand *prev, *next;
	struct strand *next_ready;
	bool ready;
	bool judging; /* inside of a predicate: may not wait */
	strand_fn *body;
	wf_coroutine_fn *fn; /* of wf_spawn */
	void *arg;
	struct wf_future *future;
	struct wf_scope *scope;        /* what it asks for belongs to it; NULL: to none */
	const struct failure *failure; /* met last */
	bool fresh;                    /* and nothing has gone well since */
	void *owned;                   /* freed with it, if it never wakes again */
	struct call *call;             /* of a handler, owned; NULL: none */
};

/* A strand that waits until something holds. Lives on its stack. */
struct condition {
	struct strand *strand;
	struct condition *prev, *next;
	bool listed;
};

/* New and ready. NULL: no memory. */
struct strand *strand_new(struct core *core, strand_fn *body);
/* To the end of the queue, unless it is there. */
void strand_wake(struct strand *strand);
/* From inside: stop until woken. */
void strand_wait(struct strand *strand);
/* The running strand met a failure. */
void strand_meet(struct strand *strand, const struct failure *failure);
/* Drop every strand but this one (may be NULL): they never run again. */
void strands_drop(struct core *core, const struct strand *but);
void condition_list(struct condition *condition);
void condition_unlist(struct condition *condition);
/*
 * Run body on a strand of its own to its end, now; it may neither wait nor ask, takes no chance
 * from the workflow, and what it throws is in call (borrowed). -1: no memory.
 */
int strand_call(struct core *core, strand_fn *body, struct call *call);
/* Call look inside of each strand that waits, in the order of their making. */
void strands_look(struct core *core, void (*look)(struct strand *strand), void *arg);
/* Run until every strand waits, or the workflow has ended. */
void core_run(struct core *core);

/* From inside: nothing can go on, there is no memory. Never returns. */
_Noreturn void core_die(struct core *core);
/* From inside: the workflow ends here and now with this failure; compensations run. Never returns.
 */
_Noreturn void core_abort(struct core *core, const struct failure *failure);

#endif
