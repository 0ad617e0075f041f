/* SPDX-License-Identifier: MIT */
/* What the parts of the pool share. Not for others; they include pool.h. */
#ifndef WF_ENGINE_POOL_PRIVATE_H
#define WF_ENGINE_POOL_PRIVATE_H

#include "pool.h"

#include "../base/buf.h"
#include "protocol.h"

#include <sys/types.h>

#define POOL_PACES 64
#define POOL_BUSY_US 1000 /* work to have outstanding at a worker, at most */
#define POOL_BEGAN_US \
	10000         /* an attempt that takes so long has begun, and nothing waits behind it */
#define POOL_DEATHS 5 /* workers that may die before an attempt begins */
#define POOL_DEATH_US 200000 /* from the end of a worker's connection to that of its process */
#define POOL_FORK_TRIES 5
#define POOL_FORK_WAIT_US 100000
#define POOL_NEVER INT64_MAX

enum ending { ENDING_NONE, ENDING_CANCEL, ENDING_TIMEOUT, ENDING_SILENCE };

struct pool_worker;

/* An attempt lives in the index from its submission to its outcome, and besides in the queue, at a
 * worker, or in the list of the ended. */
struct attempt {
	struct attempt *next, *before; /* in the queue, or among the ended */
	struct attempt *index_next, **index_link;
	void *owner;
	uint64_t id, serial;
	unsigned generation;
	struct pool_worker *worker; /* NULL: queued or ended */
	int64_t *pace;    /* how long this step takes, us, 0: unknown; NULL: never sent ahead */
	int64_t estimate; /* counted for it in worker->load */
	int64_t timeout, silence, grace; /* us; 0: none */
	int64_t sent_at, beat_at;
	bool command, announced, dropped, ended;
	size_t secrets; /* offset in frame; 0: none */
	enum ending ending;
	unsigned deaths, moved;
	int64_t us;     /* how long it ran, once ended */
	char *end_text; /* owned: the outcome's text once ended without an answer */
	enum pool_result end_result;
	size_t log_base; /* offset in frame; 0: none */
	size_t size;
	char frame[]; /* struct request_head and its texts, as sent */
};

struct attempts {
	struct attempt *first, *last;
	size_t count;
};

enum worker_state { WORKER_NONE, WORKER_LIVE, WORKER_DYING };

struct pool_worker {
	struct pool *pool;
	enum worker_state state;
	pid_t pid;
	int fd, scratch_out, scratch_err;
	unsigned generation;
	uv_poll_t *poll;
	int polled;
	struct slot *slots;
	struct attempt *sent[PROTOCOL_SLOTS];
	unsigned head, tail; /* ever growing; slot = number % PROTOCOL_SLOTS */
	unsigned count;      /* attempts at the worker */
	int64_t load;        /* their estimates, us */
	bool full;           /* load reached the limit and has not halved since */
	bool reading;        /* in the middle of its answers */
	bool ended;          /* nothing more is read from it */
	bool taken;          /* somebody else in this program has waited for it */
	bool stopping;       /* its attempt was asked to stop */
	int64_t kill_at;
	const char *killed_for; /* why the pool killed it, for the message; NULL: it did not */
	struct buf in, out;
	size_t out_at;
};

struct pool {
	uv_loop_t *loop;
	uv_signal_t child;
	uv_timer_t timer;
	uv_idle_t idle;
	int handles; /* not closed yet */
	struct pool_callbacks callbacks;
	size_t max_result;
	unsigned jobs, generation;
	uint64_t serial;
	struct pool_worker *workers;
	struct attempts queue, ended;
	struct attempt **index;
	size_t index_size, indexed, active;
	int *keep;
	size_t keep_count;
	int64_t paces[POOL_PACES];
	int64_t due;     /* when the timer comes; POOL_NEVER: it is off */
	int64_t fork_at; /* not before */
	unsigned fork_failures;
	int fork_errno;
	bool secluded;
	bool stopped;
	int64_t stop_at;
};

static inline int64_t pool_now(void)
{
	return (int64_t)(uv_hrtime() / 1000);
}

static inline struct request_head *attempt_head(struct attempt *a)
{
	return (struct request_head *)a->frame;
}

static inline const char *attempt_log_base(const struct attempt *a)
{
	return a->log_base ? a->frame + a->log_base : NULL;
}

/* pool.c: nobody wants to hear of it any more, or has heard */
void pool_dropped(struct pool *pool, struct attempt *a);

/* pool_attempt.c: making and finding attempts */
struct attempt *attempt_new(struct pool *pool, const struct pool_request *request, struct err *err);
int attempt_index(struct pool *pool, struct attempt *a);
/* The first one of owner after `after` (NULL: of all), dropped ones passed over. */
struct attempt *attempt_next_of(struct pool *pool, const void *owner, struct attempt *after);
/* Take it from the index and free it. */
void attempt_forget(struct pool *pool, struct attempt *a);
void attempts_push(struct attempts *list, struct attempt *a);
void attempts_push_front(struct attempts *list, struct attempt *a);
void attempts_remove(struct attempts *list, struct attempt *a);
/* pool_outcome.c: ending them */
/* Give the outcome by callback (unless dropped) and forget it. It is in no list any more. */
void attempt_outcome(struct pool *pool, struct attempt *a, enum pool_result result,
		     const char *text, size_t len, int64_t us);
/* The outcome comes later, from the loop. text: stolen; NULL: out of memory. It is in no list any
 * more. */
void attempt_end_later(struct pool *pool, struct attempt *a, enum pool_result result, char *text);
/* {"type","message"} as text. New, or NULL. */
char *failure_text(const char *type, const char *message, const char *details);

/* What became of an attempt that was stopped, or whose worker died. New text, or NULL. */
char *attempt_verdict(struct attempt *a, const char *cause, const char *details,
		      enum pool_result *ret);

/* pool_send.c: which worker gets what */
void pool_dispatch(struct pool *pool);
/* Whether a worker could begin a at once. */
bool pool_has_idle(struct pool *pool, const struct attempt *a);
/* Take back what the worker has not begun, but for keep (may be NULL); to the front of the queue.
 * True when none but keep can be running. */
bool worker_retract(struct pool_worker *w, const struct attempt *keep);
/* Take back one that it has not begun; false when it has. It is in no list then. */
bool worker_take_back(struct pool_worker *w, struct attempt *a);
/* Take a from its worker, whatever became of it. */
void worker_let_go(struct pool_worker *w, struct attempt *a);
/* The attempt that it runs or begins next, or NULL. */
struct attempt *worker_current(struct pool_worker *w);
void worker_write(struct pool_worker *w);

/* pool_answer.c */
void worker_read(struct pool_worker *w);
void worker_poll(struct pool_worker *w);

/* pool_worker.c: life and death of workers */
int worker_fork(struct pool *pool, struct pool_worker *w, const struct attempt *first);
/* The whole group, at once; what it ran is settled when it is reaped. */
void worker_kill(struct pool_worker *w, const char *why);
void workers_reap(struct pool *pool);
/* Kill, wait, release everything of it, without outcomes. */
void worker_destroy(struct pool_worker *w);

/* pool_time.c */
void pool_tick(struct pool *pool);
/* The timer shall come at this time, if not sooner. */
void pool_wake_at(struct pool *pool, int64_t at);
/* Ask the attempt that the worker runs to stop. */
void worker_stop(struct pool_worker *w, struct attempt *a, enum ending why, int64_t now);

#endif
