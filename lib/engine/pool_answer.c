/* SPDX-License-Identifier: MIT */
/* What workers answer. Nothing of it is believed before it fits what was asked. */
#include "pool_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES 65536
#define KEEP_BYTES (4 * 1024 * 1024)
#define READS_A_TURN 8
#define OTHER_ANSWERS \
	((size_t)16 * 1024 * 1024) /* failures and heartbeats may have so many bytes */

#define LONGEST_US (INT64_C(100) * 366 * 86400 * 1000000) /* no attempt runs for a century */

static const char garbled[] = "the worker's answer was garbled: the step wrote where it should not";

static struct attempt *answered(const struct pool_worker *w, const struct answer_head *head)
{
	size_t max = w->pool->max_result;
	struct attempt *a;

	if (head->magic != PROTOCOL_ANSWER || head->slot >= PROTOCOL_SLOTS || head->us < 0 ||
	    head->us > LONGEST_US || head->kind < ANSWER_COMPLETED || head->kind > ANSWER_OUTSIDE)
		return NULL;
	if (head->size > (head->kind == ANSWER_COMPLETED && (!max || max > OTHER_ANSWERS)
				  ? (max ? max : SIZE_MAX / 4)
				  : OTHER_ANSWERS))
		return NULL;
	a = w->sent[head->slot];
	if (!a || a->serial != head->serial ||
	    atomic_load(&w->slots[head->slot].state) != SLOT_CLAIMED)
		return NULL;
	return a;
}

static void learn(struct attempt *a, int64_t us)
{
	if (!a->pace)
		return;
	if (!*a->pace)
		*a->pace = us + 1;
	else
		*a->pace = us > *a->pace ? (*a->pace + us) / 2 + 1 : (*a->pace * 7 + us) / 8 + 1;
}

static void beat(struct pool_worker *w, struct attempt *a, const char *text, size_t n)
{
	struct pool *pool = w->pool;

	a->beat_at = pool_now();
	if (n && !a->dropped && pool->callbacks.heartbeat)
		pool->callbacks.heartbeat(pool->callbacks.arg, a->owner, a->id, text, n);
}

/* Promise of the time-out: what is answered after the deadline does not count, even when nobody had
 * looked yet. */
static void finish(struct pool_worker *w, struct attempt *a, const struct answer_head *head,
		   const char *text)
{
	struct pool *pool = w->pool;
	enum pool_result result = head->kind == ANSWER_COMPLETED ? POOL_COMPLETED
				  : head->kind == ANSWER_OUTSIDE ? POOL_OUTSIDE
								 : POOL_FAILED;
	bool late = a->timeout && head->us >= a->timeout,
	     stopped = w->stopping && worker_current(w) == a;
	char *verdict = NULL;

	if (a->ending == ENDING_NONE || a->ending == ENDING_TIMEOUT)
		a->ending = late ? ENDING_TIMEOUT : ENDING_NONE;
	atomic_store(&w->slots[head->slot].state, SLOT_FREE);
	worker_let_go(w, a);
	learn(a, head->us);
	if (stopped)
		worker_kill(w, "replaced");
	if (a->ending == ENDING_CANCEL && result == POOL_FAILED) {
		result = POOL_CANCELLED;
	} else if (a->ending > ENDING_CANCEL) {
		verdict = attempt_verdict(a, NULL, NULL, &result);
		a->us = head->us;
		attempt_end_later(pool, a, result, verdict);
		return;
	}
	attempt_outcome(pool, a, result, text, head->size, head->us);
}

/* The whole answers in the buffer. Returns how many bytes of the next one are missing (1 when that
 * is not known), or -1: garbage. */
static ssize_t serve(struct pool_worker *w)
{
	struct answer_head head;
	size_t at = 0;
	ssize_t missing = 1;

	while (w->in.len - at >= sizeof head) {
		struct attempt *a;
		const char *text = w->in.data + at + sizeof head;
		memcpy(&head, w->in.data + at, sizeof head);
		a = answered(w, &head);
		if (!a)
			return -1;
		if (w->in.len - at - sizeof head < head.size) {
			missing = (ssize_t)(head.size - (w->in.len - at - sizeof head));
			break;
		}
		at += sizeof head + head.size;
		if (head.kind == ANSWER_HEARTBEAT)
			beat(w, a, text, head.size);
		else
			finish(w, a, &head, text);
	}
	buf_consume(&w->in, at);
	if (!w->in.len && w->in.cap > KEEP_BYTES)
		buf_release(&w->in);
	return missing;
}

/* Returns 1: read something, 0: nothing more now, -1: end or garbage. */
static int read_some(struct pool_worker *w, size_t *missing)
{
	size_t room = *missing > READ_BYTES ? *missing : READ_BYTES;
	char *to = buf_reserve(&w->in, room);
	ssize_t n, left;

	if (!to) {
		worker_kill(w, "no memory for the worker's answer");
		return -1;
	}
	do
		n = read(w->fd, to, room);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return -1;
	w->in.len += (size_t)n;
	left = serve(w);
	if (left < 0) {
		worker_kill(w, garbled);
		return -1;
	}
	*missing = (size_t)left;
	return (size_t)n == room || left > READ_BYTES;
}

void worker_read(struct pool_worker *w)
{
	size_t missing = 1;
	int rc = 1;

	if (w->reading || w->fd < 0 || w->ended)
		return;
	w->reading = true;
	for (int i = 0; rc > 0 && (i < READS_A_TURN || w->state == WORKER_DYING); i++)
		rc = read_some(w, &missing);
	w->reading = false;
	if (rc < 0) {
		/* dead, most likely, and its death will be told */
		w->ended = true;
		w->kill_at = pool_now() + POOL_DEATH_US;
		worker_poll(w);
		pool_wake_at(w->pool, w->kill_at);
	}
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct pool_worker *w = poll->data;
	struct pool *pool = w->pool;

	if (events & UV_WRITABLE)
		worker_write(w);
	if (status < 0 || (events & (UV_READABLE | UV_DISCONNECT)))
		worker_read(w);
	pool_dispatch(pool);
}

void worker_poll(struct pool_worker *w)
{
	int wanted = w->ended ? 0 : UV_READABLE | (w->out_at < w->out.len ? UV_WRITABLE : 0);

	if (!w->poll || wanted == w->polled)
		return;
	w->polled = wanted;
	if (wanted)
		uv_poll_start(w->poll, wanted, on_poll);
	else
		uv_poll_stop(w->poll);
}
