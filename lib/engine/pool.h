/* SPDX-License-Identifier: MIT */
/*
 * Where attempts run: a pool of warm worker processes, forked from the driver
 * with the modules loaded. This is the seam for other places to run attempts: submit,
 * cancel, and two callbacks.
 *
 * A worker is a process in a process group of its own, fed over a stream
 * socket pair, one attempt at a time. Short attempts are sent ahead of time
 * (the pool learns how long a step takes), so that a worker goes on while the driver
 * syncs; a claim table in shared memory says which attempt a worker has really begun,
 * so what it had not begun when it died, or is stuck behind, is taken back and given to another
 * without counting as a try.
 *
 * A crash, exit(), leak or endless loop costs that attempt. Time-outs and
 * cancellation: TERM to the worker's group, the grace period, KILL. When the
 * driver dies, each worker kills its own group and itself.
 * Workers inherit every run lock that is open at their fork; an attempt of a run goes only to
 * workers forked after its lock was taken and its module loaded (pool_renew).
 *
 * Everything happens on the loop's thread.
 */
#ifndef WF_ENGINE_POOL_H
#define WF_ENGINE_POOL_H

#include "../model/step.h"
#include "token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct err;
struct module;
struct pool;

struct pool_request {
	void *owner;                 /* given back in the callbacks; not NULL */
	uint64_t id;                 /* unique for this owner: the command's number */
	const struct step *step;     /* borrowed until pool_submit returns */
	const struct module *module; /* borrowed; STEP_FUNCTION: whose step */
	int attempt;                 /* 1: the first */
	const char *run_id, *key;    /* copied */
	char nonce[TOKEN_NONCE];     /* of the attempt's token */
	const char *details;         /* JSON text of the last heartbeat, or NULL; copied */
	const char *log_base;  /* path; stdout goes to <log_base>.out, stderr to <log_base>.err, if
				  there is any; copied */
	bool log_is_new;       /* the folder of the logs is: no earlier try has left one there */
	const char *directory; /* working folder of commands; copied */
	const json_t *secrets; /* object of strings; NULL: none; borrowed as the next */
	const json_t *environment; /* of commands: object of strings; borrowed until pool_submit
				      returns */
};

enum pool_result {
	POOL_COMPLETED, /* text: the result as JSON */
	POOL_FAILED,    /* text: {"type","message","permanent"?,"details"?} as JSON */
	POOL_OUTSIDE,   /* the attempt has ended, and somebody outside says its outcome */
	POOL_CANCELLED, /* asked by pool_cancel or pool_stop, and stopped without a result; text:
			   how, as of a failure */
};

struct pool_outcome {
	void *owner;
	uint64_t id;
	enum pool_result result;
	const char *text; /* JSON, compact; borrowed during the callback. Crashes and time-outs come
			   * as POOL_FAILED with type "crashed" (signal named, tail of stderr in
			   * details) or "timeout" (which one in details) */
	size_t len;
	int64_t us; /* how long the attempt ran */
};

struct pool_callbacks {
	void (*outcome)(void *arg, const struct pool_outcome *outcome);
	/* An attempt began (as far as the driver can tell; not called for attempts that end at
	 * once). */
	void (*began)(void *arg, void *owner, uint64_t id);
	/* What an attempt said by wf_heartbeat (with details only; others just keep it alive);
	 * JSON, not NUL-terminated. */
	void (*heartbeat)(void *arg, void *owner, uint64_t id, const char *details, size_t len);
	void *arg;
};

/* jobs: how many workers at most; they are forked when first needed. max_result: bytes a result may
 * have; 0: any. */
int pool_new(struct pool **ret, uv_loop_t *loop, unsigned jobs, size_t max_result,
	     const struct pool_callbacks *callbacks, struct err *err);
/* Queue an attempt. Its outcome comes by callback, exactly once, never from inside this call. */
int pool_submit(struct pool *pool, const struct pool_request *request, struct err *err);
/* Stop an attempt: at once when it has not begun; else asked (wf_cancelled, TERM for commands),
 * then after the step's grace KILL. The outcome comes by callback, later; POOL_COMPLETED when it
 * answered with a result all the same. */
void pool_cancel(struct pool *pool, void *owner, uint64_t id);
/* The same when its time is over, unless a worker has just answered: false, and its outcome was
 * told.
 */
bool pool_expire(struct pool *pool, void *owner, uint64_t id);
/* Forget every attempt of an owner without callbacks; those that run are stopped as by pool_cancel.
 */
void pool_drop(struct pool *pool, void *owner);
/* A module was loaded: attempts submitted from now on go only to workers forked from now on. */
void pool_renew(struct pool *pool);
/* A descriptor that workers forked from now on shall hold open (a run's lock); implies pool_renew.
 */
int pool_keep(struct pool *pool, int fd);
/* No longer; workers that have it keep it until they end. */
void pool_unkeep(struct pool *pool, int fd);
/* Attempts are given secrets from now on: what they print is in memory until it is masked. Implies
 * pool_renew. */
void pool_seclude(struct pool *pool);
/* Write out what submit gathered; called by the driver once a turn of the loop. Safe inside
 * callbacks, as all but pool_free. */
void pool_flush(struct pool *pool);
/* Attempts submitted and without an outcome. */
size_t pool_active(const struct pool *pool);
/* Stop accepting; what has not begun is cancelled, running attempts get grace_ms, then TERM, grace,
 * KILL. Outcomes still come by callback. Called again it can only shorten grace_ms. */
void pool_stop(struct pool *pool, int64_t grace_ms);
/* Kill what is left, reap it, free; no callbacks. The handles close, and the last memory goes, when
 * the loop next runs. */
void pool_free(struct pool *pool);

#endif
