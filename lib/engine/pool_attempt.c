/* SPDX-License-Identifier: MIT */
/* Attempts: made, found, ended. */
#include "pool_private.h"

#include "../base/error.h"
#include "../model/module.h"
#include "pool_text.h"

#include <stdlib.h>
#include <string.h>

static void add_text(struct buf *frame, struct request_head *head, enum request_text which,
		     const char *text)
{
	if (!text)
		return;
	head->length[which] = (uint32_t)strlen(text);
	buf_add(frame, text, strlen(text) + 1);
}

/* Returns 0, or -1 when the value is no JSON or too large for a request. */
static int add_json(struct buf *frame, struct request_head *head, enum request_text which,
		    const json_t *value)
{
	size_t size = 4;
	int rc = 0;

	if (value)
		rc = text_add_json(frame, value, PROTOCOL_ABSENT - 1, &size);
	else
		buf_add(frame, "null", 4);
	buf_addc(frame, '\0');
	head->length[which] = (uint32_t)size;
	return rc;
}

static int encode(struct buf *frame, const struct pool_request *r, size_t *ret_log_base,
		  size_t *ret_secrets, struct err *err)
{
	const struct step *step = r->step;
	struct request_head head = {
		.magic = PROTOCOL_REQUEST,
		.step = step->kind == STEP_FUNCTION ? r->module->entries[step->index].step : NULL,
		.heartbeat_ms = step->heartbeat,
		.cmd = r->id,
		.capture = step->capture,
		.attempt = r->attempt,
		.kind = (uint16_t)step->kind,
		.any_exit = step->any_exit,
		.log_is_new = r->log_is_new,
	};
	int rc = 0;

	memset(head.length, 0xff, sizeof head.length);
	memcpy(head.nonce, r->nonce, sizeof r->nonce);
	buf_add(frame, &head, sizeof head);
	add_text(frame, &head, TEXT_STEP, step->name);
	add_text(frame, &head, TEXT_RUN_ID, r->run_id);
	add_text(frame, &head, TEXT_KEY, r->key);
	*ret_log_base = r->log_base ? frame->len : 0;
	add_text(frame, &head, TEXT_LOG_BASE, r->log_base);
	add_text(frame, &head, TEXT_DIRECTORY, r->directory);
	if (r->environment && step->kind != STEP_FUNCTION)
		rc = add_json(frame, &head, TEXT_ENVIRONMENT, r->environment);
	*ret_secrets = r->secrets ? frame->len : 0;
	if (r->secrets && rc == 0)
		rc = add_json(frame, &head, TEXT_SECRETS, r->secrets);
	add_text(frame, &head, TEXT_DETAILS, r->details);
	if (rc == 0)
		rc = add_json(frame, &head, TEXT_INPUT, step->input);
	if (!buf_ok(frame))
		return err_nomem(err);
	if (rc != 0)
		return err_set(err, ERR_USAGE, "the input of step '%s' %s", step->name,
			       rc > 0 ? "is too large" : "cannot be written as JSON");
	head.size = frame->len - sizeof head;
	memcpy(frame->data, &head, sizeof head);
	return 0;
}

/* Steps share a pace when their addresses collide; that costs speed, never truth. */
static int64_t *pace_of(struct pool *pool, const struct pool_request *r)
{
	uintptr_t p;

	if (r->step->kind != STEP_FUNCTION)
		return NULL;
	p = (uintptr_t)&r->module->entries[r->step->index];
	return &pool->paces[(p * UINT64_C(0x9e3779b97f4a7c15)) >> 58];
}

struct attempt *attempt_new(struct pool *pool, const struct pool_request *r, struct err *err)
{
	struct buf frame = BUF_INIT;
	struct attempt *a = NULL;
	size_t log_base, secrets;

	if (buf_reserve(&frame, 500) && encode(&frame, r, &log_base, &secrets, err) == 0)
		a = malloc(sizeof *a + frame.len);
	if (a) {
		memset(a, 0, sizeof *a);
		a->owner = r->owner;
		a->id = r->id;
		a->serial = ++pool->serial;
		a->generation = pool->generation;
		a->pace = pace_of(pool, r);
		a->timeout = r->step->timeout * 1000;
		a->silence = r->step->heartbeat * 1000;
		a->grace = r->step->grace * 1000;
		a->command = r->step->kind != STEP_FUNCTION;
		a->log_base = log_base;
		a->secrets = secrets;
		a->size = frame.len;
		memcpy(a->frame, frame.data, frame.len);
		attempt_head(a)->serial = a->serial;
	} else {
		err_nomem(err);
	}
	buf_release(&frame);
	return a;
}

/* ---- the index: by owner, so that all of one owner are found ---- */

static void index_put(struct pool *pool, struct attempt *a)
{
	uint64_t h = (uint64_t)(uintptr_t)a->owner * UINT64_C(0x9e3779b97f4a7c15);
	struct attempt **at = &pool->index[(h >> 32) & (pool->index_size - 1)];

	a->index_next = *at;
	a->index_link = at;
	if (*at)
		(*at)->index_link = &a->index_next;
	*at = a;
}

static int index_grow(struct pool *pool)
{
	struct attempt **before = pool->index;
	size_t size = pool->index_size;
	struct attempt **grown = calloc(size ? size * 2 : 64, sizeof(struct attempt *));

	if (!grown)
		return size ? 0 : -1; /* a crowded index is slower, no more */
	pool->index = grown;
	pool->index_size = size ? size * 2 : 64;
	for (size_t i = 0; i < size; i++)
		for (struct attempt *a = before[i], *next; a; a = next) {
			next = a->index_next;
			index_put(pool, a);
		}
	free(before);
	return 0;
}

int attempt_index(struct pool *pool, struct attempt *a)
{
	if (pool->indexed >= pool->index_size && index_grow(pool) < 0)
		return -1;
	index_put(pool, a);
	pool->indexed++;
	return 0;
}

struct attempt *attempt_next_of(struct pool *pool, const void *owner, struct attempt *after)
{
	uint64_t h = (uint64_t)(uintptr_t)owner * UINT64_C(0x9e3779b97f4a7c15);
	struct attempt *a = after              ? after->index_next
			    : pool->index_size ? pool->index[(h >> 32) & (pool->index_size - 1)]
					       : NULL;

	while (a && (a->owner != owner || a->dropped))
		a = a->index_next;
	return a;
}

void attempt_forget(struct pool *pool, struct attempt *a)
{
	*a->index_link = a->index_next;
	if (a->index_next)
		a->index_next->index_link = a->index_link;
	pool->indexed--;
	free(a->end_text);
	free(a);
}

/* ---- lists ---- */

void attempts_push(struct attempts *list, struct attempt *a)
{
	a->next = NULL;
	a->before = list->last;
	*(list->last ? &list->last->next : &list->first) = a;
	list->last = a;
	list->count++;
}

void attempts_push_front(struct attempts *list, struct attempt *a)
{
	a->before = NULL;
	a->next = list->first;
	*(list->first ? &list->first->before : &list->last) = a;
	list->first = a;
	list->count++;
}

void attempts_remove(struct attempts *list, struct attempt *a)
{
	*(a->before ? &a->before->next : &list->first) = a->next;
	*(a->next ? &a->next->before : &list->last) = a->before;
	a->next = a->before = NULL;
	list->count--;
}
