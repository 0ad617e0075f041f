/* SPDX-License-Identifier: MIT */
/*
 * Cancellation. A scope stands for a part of a workflow: each strand is in one,
 * and what it asks for belongs to it. Cancelling a scope fails every wait in it
 * and in the scopes within, but for those behind a shield. A scope lives as
 * long as its core. Where there is no scope (NULL), nothing is cancelled: the
 * compensations run there.
 */
#ifndef WF_CORE_SCOPE_H
#define WF_CORE_SCOPE_H

#include <stdbool.h>

struct core;
struct failure;
struct wf_future;

struct wf_scope {
	struct wf_scope *parent; /* NULL: the run itself */
	bool shield;
	const struct failure *failure; /* why it was cancelled; NULL: it was not */
	struct wf_scope *next;         /* among the core's */
};

/* A future without a command that fails when its scope is cancelled. */
struct scope_watch {
	struct wf_scope *scope; /* NULL: not listed */
	struct wf_future *prev, *next;
};

/* The failure that a scope has, its own or from outside; NULL: it goes on. */
const struct failure *scope_failure(const struct wf_scope *scope);
/* The same of the scope that the running strand is in. */
const struct failure *scope_stopped(const struct core *core);
/* The future, which waits for no command, fails when the scope of the running strand is cancelled.
 */
void scope_watch(struct wf_future *future);
void scope_unwatch(struct wf_future *future);
/* Cancel; reason may be NULL. Nothing happens to one that is cancelled. -1: no memory. */
int scope_cancel(struct core *core, struct wf_scope *scope, const char *reason);
void scopes_free(struct core *core);

#endif
