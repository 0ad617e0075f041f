/* SPDX-License-Identifier: MIT */
/*
 * Which worker gets what. Idle workers first, then new ones, and only then, if
 * the step is known to be quick, something is sent ahead to a worker that is busy: about
 * a millisecond's work, so that little has to be taken back when it gets stuck.
 */
#include "pool_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define OVERHEAD_US 12
#define WRITE_AT (1024 * 1024)

/* ---- a worker's attempts ---- */

static struct slot *slot_of(struct pool_worker *w, const struct attempt *a)
{
	return &w->slots[((const struct request_head *)a->frame)->slot];
}

static void advance(struct pool_worker *w)
{
	while (w->head != w->tail && !w->sent[w->head % PROTOCOL_SLOTS])
		w->head++;
}

struct attempt *worker_current(struct pool_worker *w)
{
	return w->count ? w->sent[w->head % PROTOCOL_SLOTS] : NULL;
}

void worker_let_go(struct pool_worker *w, struct attempt *a)
{
	w->sent[attempt_head(a)->slot] = NULL;
	w->count--;
	w->load -= a->estimate;
	if (w->load < POOL_BUSY_US / 2 && w->count < PROTOCOL_SLOTS / 2)
		w->full = false;
	a->worker = NULL;
	a->announced = false;
	advance(w);
}

bool worker_take_back(struct pool_worker *w, struct attempt *a)
{
	uint32_t sent = SLOT_SENT;

	if (!atomic_compare_exchange_strong(&slot_of(w, a)->state, &sent, SLOT_RETRACTED))
		return false;
	worker_let_go(w, a);
	return true;
}

bool worker_retract(struct pool_worker *w, const struct attempt *keep)
{
	unsigned first = w->head;
	bool none = true;

	for (unsigned i = w->tail; i != first; i--) {
		struct attempt *a = w->sent[(i - 1) % PROTOCOL_SLOTS];
		if (!a || a == keep)
			continue;
		if (!worker_take_back(w, a))
			none = false;
		else if (a->dropped)
			attempt_forget(w->pool, a);
		else
			attempts_push_front(&w->pool->queue, a);
	}
	return none;
}

/* Requests that it was sent but that were taken back are still to be passed over. */
static bool lags(const struct pool_worker *w)
{
	return atomic_load_explicit(&w->slots[(w->tail - 1) % PROTOCOL_SLOTS].state,
				    memory_order_acquire) != SLOT_FREE;
}

static void hand_over(struct pool_worker *w, struct attempt *a, int64_t now)
{
	unsigned number = w->tail++ % PROTOCOL_SLOTS;
	struct slot *slot = &w->slots[number];

	a->worker = w;
	a->sent_at = now;
	a->beat_at = 0;
	a->estimate = a->pace && *a->pace ? *a->pace + OVERHEAD_US : POOL_BUSY_US;
	attempt_head(a)->slot = number;
	w->sent[number] = a;
	w->count++;
	w->load += a->estimate;
	if (w->load >= POOL_BUSY_US || w->count >= PROTOCOL_SLOTS * 3 / 4)
		w->full = true;
	atomic_store_explicit(&slot->cancel, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->claimed_us, 0, memory_order_relaxed);
	atomic_store(&slot->state, SLOT_SENT);
	buf_add(&w->out, a->frame, a->size);
	if (!buf_ok(&w->out))
		worker_kill(w, "no memory for the request");
	else if (w->out.len - w->out_at >= WRITE_AT)
		worker_write(w);
	pool_wake_at(w->pool, now + POOL_BEGAN_US);
}

/* ---- choosing ---- */

static bool has_room(const struct pool_worker *w)
{
	unsigned next = w->tail % PROTOCOL_SLOTS;

	return !w->sent[next] &&
	       atomic_load_explicit(&w->slots[next].state, memory_order_acquire) == SLOT_FREE;
}

static bool serves(const struct pool_worker *w, const struct attempt *a)
{
	return w->state == WORKER_LIVE && !w->stopping && !w->ended &&
	       w->generation >= a->generation;
}

bool pool_has_idle(struct pool *pool, const struct attempt *a)
{
	for (unsigned i = 0; i < pool->jobs; i++) {
		const struct pool_worker *w = &pool->workers[i];
		if (serves(w, a) && !w->count && !lags(w))
			return true;
	}
	return false;
}

static struct pool_worker *idle_worker(struct pool *pool, const struct attempt *a)
{
	struct pool_worker *second = NULL;

	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		if (!serves(w, a) || w->count || !has_room(w))
			continue;
		if (!lags(w))
			return w;
		if (!second)
			second = w;
	}
	return second;
}

/* A place for a new worker. Where idle ones are too old they are killed; their death will be told,
 * and then there is one. */
static struct pool_worker *free_place(struct pool *pool, const struct attempt *a)
{
	size_t dying = 0;

	for (unsigned i = 0; i < pool->jobs; i++) {
		if (pool->workers[i].state == WORKER_NONE)
			return &pool->workers[i];
		dying += pool->workers[i].state == WORKER_DYING;
	}
	for (unsigned i = 0; i < pool->jobs && dying < pool->queue.count; i++) {
		struct pool_worker *w = &pool->workers[i];
		if (w->state != WORKER_LIVE || w->count || w->reading ||
		    w->generation >= a->generation)
			continue;
		worker_kill(w, "replaced");
		dying++;
	}
	return NULL;
}

/* What it is at takes longer than such steps did: nothing shall wait behind it. */
static bool is_slow(struct pool_worker *w)
{
	return w->count && worker_current(w)->announced;
}

static struct pool_worker *busy_worker(struct pool *pool, const struct attempt *a)
{
	struct pool_worker *best = NULL;

	if (!a->pace || !*a->pace || *a->pace >= POOL_BUSY_US / 2)
		return NULL;
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		if (serves(w, a) && !w->full && !is_slow(w) && has_room(w) &&
		    (!best || w->load < best->load))
			best = w;
	}
	return best;
}

static struct pool_worker *new_worker(struct pool *pool, const struct attempt *a, int64_t now)
{
	struct pool_worker *w = now >= pool->fork_at ? free_place(pool, a) : NULL;

	if (!w)
		return NULL;
	if (worker_fork(pool, w, a) == 0) {
		pool->fork_failures = 0;
		return w;
	}
	pool->fork_errno = errno;
	pool->fork_failures++;
	pool->fork_at = now + POOL_FORK_WAIT_US;
	pool_wake_at(pool, pool->fork_at);
	return NULL;
}

/* ---- sending ---- */

void worker_write(struct pool_worker *w)
{
	while (w->out_at < w->out.len) {
		ssize_t n = send(w->fd, w->out.data + w->out_at, w->out.len - w->out_at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			if (errno != EPIPE && errno != ECONNRESET)
				worker_kill(w, "cannot be sent the request");
			break; /* it is dead, and its death will be told */
		}
		if (n < 0) {
			worker_poll(w);
			return;
		}
		w->out_at += (size_t)n;
	}
	w->out_at = 0;
	buf_clear(&w->out);
	if (w->out.cap > WRITE_AT * 2)
		buf_release(&w->out);
	worker_poll(w);
}

/* An idle worker takes half of what waits at the one that has most. */
static bool steal(struct pool *pool)
{
	struct pool_worker *idle = NULL, *rich = NULL;

	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		if (w->state != WORKER_LIVE || w->stopping || w->ended)
			continue;
		if (!w->count && !lags(w))
			idle = w;
		else if (w->count > 2 && w->load > POOL_BUSY_US / 4 &&
			 (!rich || w->count > rich->count))
			rich = w;
	}
	if (!idle || !rich)
		return false;
	for (unsigned n = rich->count / 2, i = rich->tail, first = rich->head; n && i != first;
	     i--) {
		struct attempt *a = rich->sent[(i - 1) % PROTOCOL_SLOTS];
		if (!a || a->dropped || a->generation > idle->generation)
			continue;
		if (!worker_take_back(rich, a))
			break;
		attempts_push_front(&pool->queue, a);
		n--;
	}
	return pool->queue.count > 0;
}

static void give_up(struct pool *pool)
{
	struct attempt *a;
	char message[120];

	for (unsigned i = 0; i < pool->jobs; i++)
		if (pool->workers[i].state != WORKER_NONE)
			return;
	snprintf(message, sizeof message, "cannot fork a worker: %s", strerror(pool->fork_errno));
	pool->fork_failures = 0;
	while ((a = pool->queue.first)) {
		attempts_remove(&pool->queue, a);
		attempt_end_later(pool, a, POOL_FAILED, failure_text("system", message, NULL));
	}
}

static void hand_out(struct pool *pool)
{
	struct attempt *a;

	if (!pool->queue.first)
		return;
	for (int64_t now = pool_now(); (a = pool->queue.first);) {
		struct pool_worker *w = idle_worker(pool, a);
		if (!w)
			w = new_worker(pool, a, now);
		if (!w)
			w = busy_worker(pool, a);
		if (!w)
			break;
		attempts_remove(&pool->queue, a);
		hand_over(w, a, now);
	}
	if (pool->queue.first && pool->fork_failures >= POOL_FORK_TRIES)
		give_up(pool);
}

void pool_dispatch(struct pool *pool)
{
	hand_out(pool);
	if (!pool->queue.first && steal(pool))
		hand_out(pool);
	for (unsigned i = 0; i < pool->jobs; i++)
		if (pool->workers[i].state == WORKER_LIVE && pool->workers[i].out.len &&
		    !pool->workers[i].out_at)
			worker_write(&pool->workers[i]);
}
