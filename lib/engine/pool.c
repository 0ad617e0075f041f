/* SPDX-License-Identifier: MIT */
#include "pool_private.h"

#include "../base/error.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define SUBMITS_A_ROUND 64

static void on_handle_closed(uv_handle_t *handle)
{
	struct pool *pool = handle->data;

	if (--pool->handles == 0)
		free(pool);
}

static void on_child(uv_signal_t *handle, int signum)
{
	struct pool *pool = handle->data;

	(void)signum;
	workers_reap(pool);
	pool_dispatch(pool);
}

static int open_handles(struct pool *pool, struct err *err)
{
	int rc = uv_signal_init(pool->loop, &pool->child);

	if (rc < 0)
		return err_sys(err, -rc, "cannot watch for dead workers");
	uv_timer_init(pool->loop, &pool->timer);
	uv_idle_init(pool->loop, &pool->idle);
	pool->child.data = pool->timer.data = pool->idle.data = pool;
	uv_unref((uv_handle_t *)&pool->timer);
	uv_unref((uv_handle_t *)&pool->idle);
	pool->handles = 3;
	rc = uv_signal_start(&pool->child, on_child, SIGCHLD);
	uv_unref((uv_handle_t *)&pool->child);
	return rc < 0 ? err_sys(err, -rc, "cannot watch for dead workers") : 0;
}

int pool_new(struct pool **ret, uv_loop_t *loop, unsigned jobs, size_t max_result,
	     const struct pool_callbacks *callbacks, struct err *err)
{
	struct pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return err_nomem(err);
	pool->loop = loop;
	pool->jobs = jobs ? jobs : 1;
	pool->max_result = max_result;
	pool->callbacks = *callbacks;
	pool->generation = 1;
	pool->due = pool->stop_at = POOL_NEVER;
	pool->workers = calloc(pool->jobs, sizeof *pool->workers);
	if (!pool->workers) {
		free(pool);
		return err_nomem(err);
	}
	for (unsigned i = 0; i < pool->jobs; i++) {
		struct pool_worker *w = &pool->workers[i];
		w->pool = pool;
		w->fd = w->scratch_out = w->scratch_err = -1;
		w->kill_at = POOL_NEVER;
	}
	if (open_handles(pool, err) < 0) {
		pool_free(pool);
		return -err->code;
	}
	*ret = pool;
	return 0;
}

int pool_submit(struct pool *pool, const struct pool_request *request, struct err *err)
{
	struct attempt *a;

	if (pool->stopped)
		return err_set(err, ERR_BUSY, "no step begins any more: the driver is stopping");
	a = attempt_new(pool, request, err);
	if (!a)
		return -err->code;
	if (attempt_index(pool, a) < 0) {
		free(a);
		return err_nomem(err);
	}
	attempts_push(&pool->queue, a);
	if (pool->active++ == 0)
		uv_ref((uv_handle_t *)&pool->child);
	if (pool->queue.count % SUBMITS_A_ROUND == 0)
		pool_dispatch(pool);
	return 0;
}

/* Takes back an attempt that has not begun; it is in no list then. */
static bool take_back(struct pool *pool, struct attempt *a)
{
	if (a->worker)
		return worker_take_back(a->worker, a);
	attempts_remove(&pool->queue, a);
	return true;
}

static void cancel(struct pool *pool, struct attempt *a)
{
	struct pool_worker *w = a->worker;

	if (a->ended || a->ending != ENDING_NONE)
		return;
	if (take_back(pool, a))
		attempt_end_later(pool, a, POOL_CANCELLED,
				  failure_text("cancelled", "cancelled before it began", NULL));
	else
		worker_stop(w, a, ENDING_CANCEL, pool_now());
}

static struct attempt *find(struct pool *pool, void *owner, uint64_t id)
{
	struct attempt *a = attempt_next_of(pool, owner, NULL);

	while (a && a->id != id)
		a = attempt_next_of(pool, owner, a);
	return a;
}

void pool_cancel(struct pool *pool, void *owner, uint64_t id)
{
	struct attempt *a = find(pool, owner, id);

	if (a)
		cancel(pool, a);
}

bool pool_expire(struct pool *pool, void *owner, uint64_t id)
{
	struct attempt *a = find(pool, owner, id);

	if (a && a->worker && a->worker->state == WORKER_LIVE) {
		worker_read(a->worker); /* it may have answered while the driver was busy */
		a = find(pool, owner, id);
	}
	if (a)
		cancel(pool, a);
	return a != NULL;
}

void pool_dropped(struct pool *pool, struct attempt *a)
{
	a->dropped = true;
	if (--pool->active == 0)
		uv_unref((uv_handle_t *)&pool->child);
}

void pool_drop(struct pool *pool, void *owner)
{
	struct attempt *a;

	while ((a = attempt_next_of(pool, owner, NULL))) {
		struct pool_worker *w = a->worker;
		pool_dropped(pool, a);
		if (a->ended)
			continue;
		if (take_back(pool, a))
			attempt_forget(pool, a);
		else if (a->ending == ENDING_NONE)
			worker_stop(w, a, ENDING_CANCEL, pool_now());
	}
}

void pool_renew(struct pool *pool)
{
	pool->generation++;
}

void pool_seclude(struct pool *pool)
{
	if (!pool->secluded)
		pool_renew(pool);
	pool->secluded = true;
}

int pool_keep(struct pool *pool, int fd)
{
	int *grown = realloc(pool->keep, (pool->keep_count + 1) * sizeof *grown);

	if (!grown)
		return -ERR_NOMEM;
	pool->keep = grown;
	pool->keep[pool->keep_count++] = fd;
	pool_renew(pool);
	return 0;
}

void pool_unkeep(struct pool *pool, int fd)
{
	for (size_t i = 0; i < pool->keep_count; i++)
		if (pool->keep[i] == fd) {
			pool->keep[i] = pool->keep[--pool->keep_count];
			return;
		}
}

void pool_flush(struct pool *pool)
{
	pool_dispatch(pool);
}

size_t pool_active(const struct pool *pool)
{
	return pool->active;
}

void pool_stop(struct pool *pool, int64_t grace_ms)
{
	int64_t at = pool_now() + grace_ms * 1000;
	struct attempt *a;

	for (unsigned i = 0; i < pool->jobs; i++)
		if (pool->workers[i].state == WORKER_LIVE)
			worker_retract(&pool->workers[i], NULL);
	while ((a = pool->queue.first))
		cancel(pool, a);
	if (!pool->stopped || at < pool->stop_at)
		pool->stop_at = at;
	pool->stopped = true;
	pool_wake_at(pool, pool->stop_at);
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	for (unsigned i = 0; i < pool->jobs; i++)
		worker_destroy(&pool->workers[i]);
	for (size_t i = 0; i < pool->index_size; i++)
		while (pool->index[i])
			attempt_forget(pool, pool->index[i]);
	free(pool->index);
	free(pool->workers);
	free(pool->keep);
	if (!pool->handles) {
		free(pool);
		return;
	}
	uv_close((uv_handle_t *)&pool->child, on_handle_closed);
	uv_close((uv_handle_t *)&pool->timer, on_handle_closed);
	uv_close((uv_handle_t *)&pool->idle, on_handle_closed);
}
