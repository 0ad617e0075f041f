/* SPDX-License-Identifier: MIT */
/* Outcomes that may not be there yet, and who waits for them. */
#ifndef WF_CORE_FUTURE_H
#define WF_CORE_FUTURE_H

#include "schedule.h"

enum future_state { FUTURE_PENDING, FUTURE_READY, FUTURE_FAILED };

/* One strand's wait for one future. */
struct waiter {
	struct strand *strand;
	struct wf_future *future;
	struct waiter *prev, *next;
	bool listed;
};

struct wf_future {
	struct core *core;
	enum future_state state;
	bool lent;      /* the value is among the kept ones */
	bool forgotten; /* workflow code has given it back */
	json_t *value;
	const struct failure *failure;
	uint64_t order;      /* in which futures came true */
	char *child;         /* id of the child run it stands for, owned; NULL: none */
	struct entry *entry; /* the command it stands for, while pending; NULL: none */
	struct waiter *first, *last;
	struct scope_watch watch;
	struct channel *channel; /* whose next signal it gets, while pending; NULL: none */
	struct wf_future *taker_prev, *taker_next;
	struct wf_future *prev, *next; /* those on the heap */
};

void future_init(struct wf_future *future, struct core *core);
/* Lets go of the value unless it was lent. */
void future_release(struct wf_future *future);
/* On the heap, owned by the core. NULL: no memory. */
struct wf_future *future_new(struct core *core);
void future_free(struct wf_future *future);
void future_stand_for(struct wf_future *future, struct entry *entry);
/* It came true (steals value) or failed; whoever waits is woken in the order of waiting. */
void future_settle(struct wf_future *future, json_t *value, const struct failure *failure);
/* Free it if workflow code gave it back before it was settled. */
void future_forget_settled(struct wf_future *future);
/* strand is woken when it is settled. */
void waiter_join(struct waiter *waiter, struct wf_future *future, struct strand *strand);
void future_wait(struct wf_future *future, struct strand *strand);
/* Wait for the first of n that comes true; its index. Those there already come first. */
size_t future_wait_any(struct wf_future *const *futures, size_t n, struct strand *strand);
/* What the strand waits for, as core_waits tells it; new. NULL: no memory. */
json_t *waits_of_strand(const struct strand *strand);
/* The value, kept until the run ends; NULL when there is none, or it was released. */
json_t *future_lend(struct wf_future *future);

#endif
