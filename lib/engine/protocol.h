/* SPDX-License-Identifier: MIT */
/*
 * What driver and worker say to each other, on one machine and out of one
 * binary: a worker is a fork of the driver, so addresses of functions hold on both sides.
 *
 * Requests and answers are a fixed head and then its bytes, over a stream socket pair.
 * Beside it lies a table in shared memory with a slot for each attempt that was sent:
 *
 *   FREE -> SENT       driver: a request with this slot is on its way
 *   SENT -> CLAIMED    worker: began it, at claimed_us
 *   SENT -> RETRACTED  driver: took it back; the worker will pass over its request
 *   RETRACTED -> FREE  worker: passed over it
 *   CLAIMED -> FREE    driver: has its answer, or the worker is dead
 *
 * Both arrows out of SENT are one compare-and-swap, so exactly one side has the attempt.
 */
#ifndef WF_ENGINE_PROTOCOL_H
#define WF_ENGINE_PROTOCOL_H

#include "../wf.h"

#include <stdatomic.h>
#include <stdint.h>

#define PROTOCOL_SLOTS 64
#define PROTOCOL_REQUEST 0x51526677u
#define PROTOCOL_ANSWER 0x41526677u
#define PROTOCOL_ABSENT UINT32_MAX

enum slot_state { SLOT_FREE, SLOT_SENT, SLOT_CLAIMED, SLOT_RETRACTED };

struct slot {
	_Alignas(64) _Atomic uint32_t state;
	_Atomic uint32_t cancel;    /* driver: the attempt is asked to stop */
	_Atomic int64_t claimed_us; /* CLOCK_MONOTONIC; written before the claim */
	_Atomic int32_t
		exec_errno; /* a command between fork and exec: why it could not be executed */
	_Atomic int32_t exec_stage;
};

enum request_text {
	TEXT_STEP,
	TEXT_RUN_ID,
	TEXT_KEY,
	TEXT_LOG_BASE,
	TEXT_DIRECTORY,
	TEXT_ENVIRONMENT,
	TEXT_SECRETS,
	TEXT_DETAILS,
	TEXT_INPUT,
	REQUEST_TEXTS
};

/* Followed by the texts that are not absent, in order, each with a NUL that length does not count.
 */
struct request_head {
	uint32_t magic;
	uint32_t slot;
	uint64_t serial; /* never used twice */
	uint64_t size;   /* of all that follows */
	wf_step_fn *step;
	uint64_t cmd;
	char nonce[24]; /* of its token */
	int64_t heartbeat_ms;
	uint64_t capture;
	int32_t attempt;
	uint16_t kind; /* enum step_kind */
	uint16_t any_exit;
	uint16_t log_is_new;
	uint16_t unused;
	uint32_t length[REQUEST_TEXTS];
};

/* ANSWER_OUTSIDE: the attempt has ended, and somebody outside says the outcome. */
enum answer_kind { ANSWER_COMPLETED = 1, ANSWER_FAILED, ANSWER_HEARTBEAT, ANSWER_OUTSIDE };

/* Followed by size bytes of JSON (a heartbeat without details: none). */
struct answer_head {
	uint32_t magic;
	uint16_t kind;
	uint16_t slot;
	uint64_t serial;
	uint64_t size;
	int64_t us; /* since the claim */
};

#endif
