/* SPDX-License-Identifier: MIT */
/* Calling a step function once, wherever that happens: in a worker, or inline in the driver. */
#ifndef WF_ENGINE_ATTEMPT_RUN_H
#define WF_ENGINE_ATTEMPT_RUN_H

#include "../wf.h"
#include "token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

struct attempt_call {
	wf_step_fn *step;
	json_t *input; /* borrowed */
	int attempt;
	const char *run_id, *key;
	uint64_t cmd;
	char nonce[TOKEN_NONCE]; /* with it, somebody outside completes the attempt */
	const char *details;     /* JSON text of the last heartbeat, or NULL */
	const json_t *secrets;   /* name -> value, borrowed; NULL: none */
	size_t max_result;       /* bytes; 0: any */
	/* Who listens to the attempt; NULL: nobody. details may be NULL. */
	void (*heartbeat)(void *arg, const json_t *details);
	bool (*cancelled)(void *arg);
	void *arg;
	bool *ret_outside; /* set when the outcome comes from outside; then false is returned */
};

/*
 * Appends the result (true) or the failure {"type","message",...} (false) as compact JSON to text.
 * Out of memory is a failure like others; only when there is none even for that is !buf_ok(text).
 */
bool attempt_run(const struct attempt_call *call, struct buf *text);

#endif
