/* SPDX-License-Identifier: MIT */
/* What the files of the core share: the state of one run's workflow. Internal to the core. */
#ifndef WF_CORE_MACHINE_H
#define WF_CORE_MACHINE_H

#include "../wf.h"
#include "command.h"
#include "core.h"
#include "coroutine.h"
#include "evolve.h"
#include "failure.h"
#include "kept.h"
#include "mail.h"
#include "random.h"
#include "scope.h"

struct module_entry;
struct strand;
struct condition;
struct compensation;

struct wf_ctx {
	struct core *core;
};

struct strands {
	struct strand *first, *last;
};

struct core {
	struct wf_ctx ctx;
	const struct module *module;
	const struct module_entry *workflow;
	char *run_id;
	json_t *input;
	int (*payload)(void *arg, const char *name, json_t **ret, struct err *err);
	void *payload_arg;

	enum core_status status;
	json_t *result, *error;
	json_t *next_input;  /* of wf_continue_as_new; NULL: it was not called */
	unsigned generation; /* of the run */
	uint64_t before;     /* events of the generations before */
	bool started, live;
	int dead; /* negative err_code: nothing works any more */
	int64_t created, now;
	uint64_t seq;   /* of the event that was fed last */
	uint64_t order; /* of futures that came true */

	struct random random;
	struct random chosen; /* after srand() in workflow code */
	bool has_chosen;

	struct stack_pool stacks;
	struct strands all, ready;
	struct strand *running;
	struct wf_scope root;    /* the run itself: what cancelling it from outside reaches */
	struct wf_scope *scopes; /* those that the workflow began */
	struct {
		struct wf_future *first, *last;
	} watched;                   /* fail with their scope */
	const struct failure *abort; /* the workflow ends with it, wherever it is */
	struct {
		struct condition *first, *last, *cursor;
		uint64_t held; /* how many so far */
	} conditions;

	struct commands commands;
	struct evolve evolve;
	struct compensation *compensations; /* last registered first */
	json_t *compensation_errors;        /* array; NULL: none */
	struct wf_future *futures;          /* those on the heap */
	struct failure *failures;
	struct kept kept;
	json_t *told; /* tags, memo, details as the workflow sees them */
	json_t *held; /* locks: command as text -> fields */
	struct mail mail;

	bool keeps; /* frames of the workflow function are kept beyond its end: for queries */
	void (*looked)(struct strand *strand); /* whoever is entered only tells where it stands */
	void *looked_arg;
};

#endif
