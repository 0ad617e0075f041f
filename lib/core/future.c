/* SPDX-License-Identifier: MIT */
#include "future.h"

#include <stdlib.h>
#include <string.h>

#define WAITERS_ON_STACK 8

void future_init(struct wf_future *f, struct core *core)
{
	memset(f, 0, sizeof *f);
	f->core = core;
}

void future_release(struct wf_future *f)
{
	scope_unwatch(f);
	if (!f->lent)
		json_decref(f->value);
	f->value = NULL;
}

struct wf_future *future_new(struct core *core)
{
	struct wf_future *f = malloc(sizeof *f);

	if (!f)
		return NULL;
	future_init(f, core);
	f->next = core->futures;
	if (f->next)
		f->next->prev = f;
	core->futures = f;
	return f;
}

void future_free(struct wf_future *f)
{
	if (!f)
		return;
	*(f->prev ? &f->prev->next : &f->core->futures) = f->next;
	if (f->next)
		f->next->prev = f->prev;
	mail_leave(f);
	future_release(f);
	free(f->child);
	free(f);
}

void future_stand_for(struct wf_future *f, struct entry *entry)
{
	f->entry = entry;
	entry->future = f;
}

static void waiter_leave(struct waiter *w)
{
	struct wf_future *f = w->future;

	if (!w->listed)
		return;
	*(w->prev ? &w->prev->next : &f->first) = w->next;
	*(w->next ? &w->next->prev : &f->last) = w->prev;
	w->listed = false;
}

void waiter_join(struct waiter *w, struct wf_future *f, struct strand *strand)
{
	*w = (struct waiter){.strand = strand, .future = f, .prev = f->last, .listed = true};
	*(f->last ? &f->last->next : &f->first) = w;
	f->last = w;
}

void future_settle(struct wf_future *f, json_t *value, const struct failure *failure)
{
	scope_unwatch(f);
	mail_leave(f);
	f->state = failure ? FUTURE_FAILED : FUTURE_READY;
	f->value = value;
	f->failure = failure;
	f->entry = NULL;
	f->order = ++f->core->order;
	while (f->first) {
		struct waiter *w = f->first;
		waiter_leave(w);
		strand_wake(w->strand);
	}
}

void future_forget_settled(struct wf_future *f)
{
	if (f->forgotten)
		future_free(f);
}

void future_wait(struct wf_future *f, struct strand *strand)
{
	struct waiter w;

	if (f->state != FUTURE_PENDING)
		return;
	waiter_join(&w, f, strand);
	strand_wait(strand);
	waiter_leave(&w);
}

/* The lowest index that is there, or n. A future that is missing counts as failed. */
static size_t settled(struct wf_future *const *futures, size_t n)
{
	size_t i = 0;

	while (i < n && futures[i] && futures[i]->state == FUTURE_PENDING)
		i++;
	return i;
}

size_t future_wait_any(struct wf_future *const *futures, size_t n, struct strand *strand)
{
	struct waiter few[WAITERS_ON_STACK], *waiters = few;
	size_t i = settled(futures, n);

	if (i < n || n == 0)
		return i;
	if (n > WAITERS_ON_STACK) {
		waiters = malloc(n * sizeof *waiters);
		if (!waiters)
			core_die(strand->core);
		strand->owned = waiters;
	}
	for (i = 0; i < n; i++)
		waiter_join(&waiters[i], futures[i], strand);
	strand_wait(strand);
	for (i = 0; i < n; i++)
		waiter_leave(&waiters[i]);
	free(strand->owned);
	strand->owned = NULL;
	return settled(futures, n);
}

json_t *future_lend(struct wf_future *f)
{
	struct kept *kept = &f->core->kept;

	if (f->state != FUTURE_READY)
		return NULL;
	if (f->lent)
		return kept_has(kept, f->value) ? f->value : NULL;
	if (kept_add(kept, f->value) < 0)
		core_die(f->core);
	f->lent = true;
	return f->value;
}
