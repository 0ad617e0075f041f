/* SPDX-License-Identifier: MIT */
/* Deadlines. One timer serves all; it may come too early, and then finds nothing to do. */
#include "pool_private.h"

#include <signal.h>

static void on_timer(uv_timer_t *timer)
{
	struct pool *pool = timer->data;

	pool->due = POOL_NEVER;
	pool_tick(pool);
}

void pool_wake_at(struct pool *pool, int64_t at)
{
	int64_t wait;

	if (at >= pool->due)
		return;
	pool->due = at;
	uv_update_time(pool->loop);
	wait = at - pool_now();
	uv_timer_start(&pool->timer, on_timer, wait > 0 ? (uint64_t)((wait + 999) / 1000) : 0, 0);
}

void worker_stop(struct pool_worker *w, struct attempt *a, enum ending why, int64_t now)
{
	bool current = worker_retract(
		w, a); /* else it has begun another, and the answer to this one is on its way */

	if (a->ending == ENDING_NONE && (current || why == ENDING_CANCEL))
		a->ending = why;
	if (!current || w->stopping || w->state != WORKER_LIVE)
		return;
	w->stopping = true;
	w->kill_at = now + a->grace;
	atomic_store(&w->slots[attempt_head(a)->slot].cancel, 1);
	kill(-w->pid, SIGTERM);
	kill(-w->pid, SIGCONT);
	pool_wake_at(w->pool, w->kill_at);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t claimed_at(const struct pool_worker *w, struct attempt *a)
{
	const struct slot *slot = &w->slots[attempt_head(a)->slot];

	return atomic_load(&slot->state) == SLOT_CLAIMED ? atomic_load(&slot->claimed_us) : 0;
}

/* An attempt that a worker has been at for a while: it began, and nothing shall wait behind it. */
static void announce(struct pool_worker *w, struct attempt *a)
{
	struct pool *pool = w->pool;

	a->announced = true;
	worker_retract(w, a);
	if (!a->dropped && pool->callbacks.began)
		pool->callbacks.began(pool->callbacks.arg, a->owner, a->id);
}

/* The worker has all of the request and does not begin; another may. More patiently each time. */
static void try_elsewhere(struct pool_worker *w, struct attempt *a, int64_t now)
{
	if (w->out.len || now - a->sent_at < (int64_t)POOL_BEGAN_US
						     << (a->moved < 10 ? a->moved : 10))
		return;
	if (!pool_has_idle(w->pool, a))
		return;
	a->moved++;
	worker_retract(w, NULL);
}

/* When the attempt that w is at must be looked at again. */
static int64_t look_at(struct pool_worker *w, struct attempt *a, int64_t now)
{
	int64_t began = claimed_at(w, a), silent_since = a->beat_at > began ? a->beat_at : began,
		next = POOL_NEVER;

	if (w->stopping) {
		if (now >= w->kill_at)
			worker_kill(w, "killed after its grace period");
		return now >= w->kill_at ? POOL_NEVER : w->kill_at;
	}
	if (!began) {
		try_elsewhere(w, a, now);
		return now + POOL_BEGAN_US;
	}
	if (a->timeout && now >= began + a->timeout) {
		worker_stop(w, a, ENDING_TIMEOUT, now);
		return now + POOL_BEGAN_US;
	}
	if (a->silence && now >= silent_since + a->silence) {
		worker_stop(w, a, ENDING_SILENCE, now);
		return now + POOL_BEGAN_US;
	}
	if (a->timeout)
		next = began + a->timeout;
	if (a->silence)
		next = earlier(next, silent_since + a->silence);
	if (!a->announced && now >= began + POOL_BEGAN_US)
		announce(w, a);
	else if (!a->announced)
		next = earlier(next, began + POOL_BEGAN_US);
	return next;
}

static int64_t await_death(struct pool_worker *w, int64_t now)
{
	if (now < w->kill_at)
		return w->kill_at;
	worker_kill(w, "the step closed the worker's connection");
	return POOL_NEVER;
}

static void stop_running(struct pool *pool, int64_t now)
{
	pool->stop_at = POOL_NEVER;
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		struct attempt *a = w->state == WORKER_LIVE ? worker_current(w) : NULL;
		if (a && a->ending == ENDING_NONE)
			worker_stop(w, a, ENDING_CANCEL, now);
	}
}

void pool_tick(struct pool *pool)
{
	int64_t now = pool_now(), next = POOL_NEVER;

	if (pool->stopped && now >= pool->stop_at)
		stop_running(pool, now);
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		if (w->state != WORKER_LIVE || !(w->count || w->ended))
			continue;
		worker_read(w); /* it may have answered while the driver was busy */
		if (w->state == WORKER_LIVE && w->ended)
			next = earlier(next, await_death(w, now));
		else if (w->state == WORKER_LIVE && w->count)
			next = earlier(next, look_at(w, worker_current(w), now));
	}
	if (pool->stopped)
		next = earlier(next, pool->stop_at);
	if (pool->queue.first && pool->fork_at > now)
		next = earlier(next, pool->fork_at);
	if (next != POOL_NEVER)
		pool_wake_at(pool, next);
	pool_dispatch(pool);
}
