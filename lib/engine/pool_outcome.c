/* SPDX-License-Identifier: MIT */
/* How attempts end, and in what words. */
#include "pool_private.h"

#include "../model/duration.h"
#include "pool_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char no_memory[] = "{\"type\":\"out_of_memory\",\"message\":\"out of memory\"}";

char *failure_text(const char *type, const char *message, const char *details)
{
	struct buf text = BUF_INIT;

	text_add_failure(&text, type, message, false, details, details ? strlen(details) : 0);
	return buf_detach(&text);
}

void attempt_outcome(struct pool *pool, struct attempt *a, enum pool_result result,
		     const char *text, size_t len, int64_t us)
{
	struct pool_outcome outcome = {.owner = a->owner,
				       .id = a->id,
				       .result = result,
				       .text = text,
				       .len = len,
				       .us = us};

	if (!a->dropped) {
		pool_dropped(pool, a);
		pool->callbacks.outcome(pool->callbacks.arg, &outcome);
	}
	attempt_forget(pool, a);
}

static void on_idle(uv_idle_t *idle)
{
	struct pool *pool = idle->data;
	struct attempts now = pool->ended;
	struct attempt *a;

	uv_idle_stop(idle);
	pool->ended = (struct attempts){NULL, NULL, 0};
	while ((a = now.first)) {
		const char *text = a->end_text ? a->end_text : no_memory;
		attempts_remove(&now, a);
		attempt_outcome(pool, a, a->end_result, text, strlen(text), a->us);
	}
}

void attempt_end_later(struct pool *pool, struct attempt *a, enum pool_result result, char *text)
{
	a->ended = true;
	a->worker = NULL;
	a->end_result = result;
	a->end_text = text;
	attempts_push(&pool->ended, a);
	uv_idle_start(&pool->idle, on_idle);
}

char *attempt_verdict(struct attempt *a, const char *cause, const char *details,
		      enum pool_result *ret)
{
	struct buf with = BUF_INIT;
	char message[200], limit[60];
	const char *which = a->ending == ENDING_TIMEOUT ? "start-to-close" : "heartbeat";
	char *text;

	*ret = a->ending == ENDING_CANCEL ? POOL_CANCELLED : POOL_FAILED;
	if (a->ending == ENDING_NONE)
		return failure_text("crashed", cause, details);
	if (a->ending == ENDING_CANCEL)
		return failure_text("cancelled", cause ? cause : "stopped when asked to", details);
	duration_format((a->ending == ENDING_TIMEOUT ? a->timeout : a->silence) / 1000, limit,
			sizeof limit);
	snprintf(message, sizeof message,
		 a->ending == ENDING_TIMEOUT ? "no answer within %s" : "no heartbeat within %s",
		 limit);
	buf_addf(&with, "{\"timeout\":\"%s\"", which);
	if (details && strlen(details) > 2) {
		buf_addc(&with, ',');
		buf_adds(&with, details + 1);
	} else {
		buf_addc(&with, '}');
	}
	text = failure_text("timeout", message, buf_ok(&with) ? with.data : NULL);
	buf_release(&with);
	return text;
}
