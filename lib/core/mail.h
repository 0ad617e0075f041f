/* SPDX-License-Identifier: MIT */
/*
 * What comes from outside: signals, which wait in their channel until they are
 * received or handled, and the handlers of signals, updates and queries.
 *
 * A signal goes to whoever waits for one of its name; else to the handler of
 * its name; else to the handler of all others; else it waits, in order.
 */
#ifndef WF_CORE_MAIL_H
#define WF_CORE_MAIL_H

#include "../wf.h"

#define MAIL_BUCKETS 64

struct core;
struct failure;
struct strand;

struct letter {
	json_t *payload; /* owned */
	uint64_t order;  /* of arrival, over all channels */
	struct letter *next;
};

/* The signals of one name. */
struct channel {
	char *name;
	wf_signal_fn *handler; /* NULL: none */
	void *arg;
	struct letter *first, *last;                /* unread */
	struct wf_future *first_taker, *last_taker; /* get the next ones */
	struct channel *next_here;                  /* in the same bucket */
	struct channel *next;                       /* in the order of making */
};

struct update_handler {
	char *name;
	wf_validate_fn *validate;
	wf_update_fn *fn;
	void *arg;
	struct update_handler *next;
};

/* An update that was accepted and whose end is not recorded yet. */
struct update {
	char *id;
	json_t *result, *error; /* both NULL: it runs */
	struct update *next;
};

struct query_handler {
	char *name;
	wf_query_fn *fn;
	void *arg;
	const struct strand *home; /* on whose stack arg lies; NULL: on none */
	bool gone;                 /* that stack is gone */
	struct query_handler *next;
};

/* Memory of the workflow's own. */
struct block {
	struct block *next;
	max_align_t data[];
};

struct mail {
	struct channel *buckets[MAIL_BUCKETS], *first, *last;
	wf_signal_fn *others; /* handler of signals that no other takes; NULL: none */
	void *others_arg;
	uint64_t order;
	size_t handling; /* handlers of signals and updates that run */
	bool attend;     /* there may be a signal to be handled */
	bool closed;     /* workflow code is over: signals only wait */
	struct update_handler *update_handlers;
	struct update *updates;
	struct query_handler *query_handlers;
	struct block *blocks;
};

/* What a strand does that handles a message, validates an update or answers a query. */
struct call {
	const char *name; /* borrowed */
	wf_signal_fn *signal;
	wf_update_fn *fn;
	wf_validate_fn *validate;
	void *arg;
	json_t *payload; /* owned until it is lent */
	bool counted;    /* among mail.handling */
	struct update *update;
	json_t *result;
	bool valid;
	const struct failure *failure;
};

/* A signal has come. Steals payload. -1: no memory. */
int mail_deliver(struct core *core, const char *name, json_t *payload);
/* The channel of that name, made if it is missing. NULL: no memory. */
struct channel *mail_channel(struct core *core, const char *name);
/* Its first unread payload, owned by the caller; NULL: none. */
json_t *mail_take(struct channel *channel);
/* future gets the channel's next signal. */
void mail_wait(struct channel *channel, struct wf_future *future);
/* It does no longer. */
void mail_leave(struct wf_future *future);
/* Start the handler of the oldest signal that has one: 1; 0: there is none; -1: no memory. */
int mail_handle(struct core *core);
/* Whether no handler runs or is about to. */
bool mail_handled(const struct core *core);
/* No workflow code runs any more: nothing takes signals, no handler begins. */
void mail_close(struct core *core);
void mail_release(struct core *core);

/* New strand for a handler; steals payload. NULL: no memory. */
struct call *mail_call(struct core *core, void (*body)(struct strand *), json_t *payload);
void call_free(struct core *core, struct call *call);
/* The payload, lent to workflow code. */
json_t *call_lend(struct core *core, struct call *call);

#endif
