/* SPDX-License-Identifier: MIT */
/*
 * wf-engine.h - drive durable workflows from within a program of one's own.
 *
 * A program that links libwf opens an engine on a state directory, starts or
 * resumes runs, and drives them: until all rest, or turn by turn from a loop of
 * its own. It is what `wf run` and `wf resume` are made of, on the same files:
 * a run that this program began goes on with `wf resume` when the program is
 * gone, and the other way round.
 *
 * Functions return 0 or a negative wf_engine_code; error (may be NULL) then has
 * a line that says why. Out-parameters are untouched on failure. What is
 * borrowed from an engine lives until wf_engine_close(). An engine belongs to
 * one thread. Steps run in worker processes that are forked from this one: no
 * lock that another thread holds may be needed by a step.
 *
 * The same declarations compile as C11, C17 and C++20. Structs begin with their
 * size (WF_ENGINE_OPTIONS and kin set it); new fields come at the end only.
 */
#ifndef WF_WF_ENGINE_H
#define WF_WF_ENGINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wf_engine wf_engine;

/* Negative when returned. */
typedef enum wf_engine_code {
	WF_ENGINE_OK = 0,
	WF_ENGINE_USAGE = 1,            /* what was asked makes no sense; nothing was changed */
	WF_ENGINE_NOT_FOUND = 2,        /* no such run, workflow, module, state directory */
	WF_ENGINE_EXISTS = 3,           /* the id is taken */
	WF_ENGINE_BUSY = 4,             /* another process drives the run */
	WF_ENGINE_MODULE = 5,           /* a module that cannot be loaded */
	WF_ENGINE_NONDETERMINISTIC = 6, /* code and history disagree */
	WF_ENGINE_DAMAGED = 7,          /* the state directory contradicts itself */
	WF_ENGINE_SYSTEM = 8,           /* the machine said no */
	WF_ENGINE_NOMEM = 9,
	WF_ENGINE_CLOSED = 10, /* the run has ended */
	WF_ENGINE_NEWER = 11,  /* made by a newer wf */
	WF_ENGINE_SECRET = 12, /* a secret is not set, or cannot be kept secret */
} wf_engine_code;

typedef struct wf_engine_error {
	int code;        /* a wf_engine_code, positive */
	char text[1000]; /* lower case, no full stop; may have more lines */
} wf_engine_error;

/* How driving a run has ended so far. */
typedef enum wf_run_end {
	WF_RUN_NOT_YET,
	WF_RUN_COMPLETED,
	WF_RUN_FAILED,
	WF_RUN_CANCELLED,
	WF_RUN_TERMINATED,
	WF_RUN_SUSPENDED, /* it waits, and .wait is off */
	WF_RUN_HALTED,    /* nondeterministic, its module cannot be loaded, a secret is missing */
	WF_RUN_BROKEN,    /* the state directory failed; what was acknowledged is safe */
	WF_RUN_STOPPED,   /* by a signal, with .handle_signals */
} wf_run_end;

typedef enum wf_progress_kind {
	WF_PROGRESS_RUN_STARTED,  /* also when it goes on */
	WF_PROGRESS_STEP_STARTED, /* an attempt was dispatched: it begins once a worker is free */
	WF_PROGRESS_STEP_RETRY,   /* an attempt failed, the next comes in wait_ms */
	WF_PROGRESS_STEP_COMPLETED,
	WF_PROGRESS_STEP_FAILED,
	WF_PROGRESS_HEARTBEAT,
	WF_PROGRESS_TIMER_STARTED,
	WF_PROGRESS_TIMER_FIRED,
	WF_PROGRESS_SIGNAL,
	WF_PROGRESS_WAITING,
	WF_PROGRESS_LOG,
	WF_PROGRESS_RUN_ENDED,
	WF_PROGRESS_UPDATE, /* step was accepted (attempt 1), completed (2), failed (3), refused (0)
			     */
	WF_PROGRESS_STEP_BEGAN, /* a worker has been at it for a while; not told of quick ones */
} wf_progress_kind;

/* One thing that happened; all of it is borrowed during the call. */
typedef struct wf_progress {
	size_t size;
	wf_progress_kind kind;
	wf_run_end end; /* RUN_ENDED */
	const char *run, *workflow;
	uint64_t command; /* its number; 0: none */
	const char *step; /* or the name of a signal; may be NULL */
	int attempt;
	int64_t us;           /* how long the attempt ran */
	int64_t until;        /* TIMER_STARTED: ms since 1970 */
	int64_t wait_ms;      /* STEP_RETRY */
	const char *text;     /* error message or log line; may be NULL */
	const json_t *detail; /* result, error, waits, payload; may be NULL */
} wf_progress;

typedef struct wf_engine_options {
	size_t size;
	const char *state;   /* the state directory; NULL: found as wf finds it */
	bool create;         /* make it when it is absent */
	bool wait;           /* wait for timers and signals; else a run that waits is suspended */
	bool handle_signals; /* SIGINT and SIGTERM stop driving in good order */
	unsigned jobs;       /* worker processes at most; 0: one for each processor */
	int64_t grace_ms;    /* for running attempts when stopped; 0: 5 s */
	void (*progress)(void *arg, const wf_progress *progress); /* may not call the engine */
	void *progress_arg;
} wf_engine_options;
#define WF_ENGINE_OPTIONS(...) \
	{ \
		.size = sizeof(wf_engine_options), __VA_ARGS__ \
	}

typedef struct wf_run_options {
	size_t size;
	const char *workflow;  /* NAME, FILE.so or FILE.c, each perhaps followed by :WORKFLOW */
	const char *id;        /* NULL: one is made up */
	json_t *input;         /* borrowed; NULL: {} */
	json_t *environment;   /* of its commands, an object of strings, borrowed; NULL: as wf run
				  keeps */
	const char *directory; /* of its commands; NULL: the working folder */
	bool virtual_time;     /* for tests: skip every wait */
} wf_run_options;
#define WF_RUN_OPTIONS(...) \
	{ \
		.size = sizeof(wf_run_options), __VA_ARGS__ \
	}

/* New. Starts the committer too. */
int wf_engine_open(wf_engine **ret, const wf_engine_options *options, wf_engine_error *error);
/* Make a run, durably, and begin to drive it. ret_id (may be NULL) is borrowed. -WF_ENGINE_EXISTS
 * when the id is taken: then wf_engine_resume() may go on with it. */
int wf_engine_start(wf_engine *engine, const wf_run_options *options, const char **ret_id,
		    wf_engine_error *error);
/* Begin to drive a run that is on disk. -WF_ENGINE_BUSY: another process does; -WF_ENGINE_CLOSED:
 * it has ended. One that cannot be replayed is halted: 0, and wf_engine_end() says so. */
int wf_engine_resume(wf_engine *engine, const char *id, wf_engine_error *error);

/* Drive all of them until each has ended or is suspended. */
int wf_engine_drive(wf_engine *engine, wf_engine_error *error);
/* The same for a loop of one's own: when the descriptor is readable, or so many milliseconds have
 * passed
 * (-1: no matter how many), take a turn, which never blocks. *ret_more: whether any run can still
 * go on. */
int wf_engine_fd(const wf_engine *engine);
int wf_engine_timeout(const wf_engine *engine);
int wf_engine_turn(wf_engine *engine, bool *ret_more, wf_engine_error *error);

/* How a run that this engine drives has ended. ret_detail (may be NULL) is borrowed: its result,
 * its error, what it waits for, or why it is halted or broken. */
wf_run_end wf_engine_end(const wf_engine *engine, const char *id, const json_t **ret_detail);
/* Any run, whoever drives it, as the object of wf-json(5). New. */
int wf_engine_status(wf_engine *engine, const char *id, json_t **ret, wf_engine_error *error);
/* Signal any open run; durable when it returns. payload is borrowed, and may be NULL. */
int wf_engine_signal(wf_engine *engine, const char *id, const char *name, json_t *payload,
		     wf_engine_error *error);
/* Flush the commits, stop workers, let go of all runs; those that have not ended can be resumed.
 * Frees the engine in any case; a failure is a complaint of the committer. NULL is allowed. */
int wf_engine_close(wf_engine *engine, wf_engine_error *error);

#ifdef __cplusplus
}
#endif

#endif
