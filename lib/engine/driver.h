/* SPDX-License-Identifier: MIT */
/*
 * The driver: one loop that drives any number of runs to their end, or until
 * all that are left wait for something that is not coming soon.
 *
 * A turn of the loop: outcomes, timers and inbox messages that have come become
 * events; all of them are appended and made durable by one sync (promise 1);
 * then they are fed to the core one by one, and only then is what the workflow asked for
 * dispatched (promise 2). The committer is told behind that.
 *
 * If the process dies anywhere, the run is interrupted: whoever takes its lock next reads the
 * history and goes on. Steps that ran without a recorded outcome run again.
 */
#ifndef WF_ENGINE_DRIVER_H
#define WF_ENGINE_DRIVER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct driver;
struct err;
struct fault;
struct run;
struct state;

/* How driving a run came to its end. */
enum drive_end {
	DRIVE_NOT_YET,
	DRIVE_COMPLETED,
	DRIVE_FAILED,
	DRIVE_CANCELLED,
	DRIVE_TERMINATED,
	DRIVE_SUSPENDED, /* it waits, and options.wait is off */
	DRIVE_HALTED,    /* nondeterministic, its module cannot be loaded, a secret is missing */
	DRIVE_BROKEN,    /* the state directory failed; what was acknowledged is safe */
	DRIVE_STOPPED,   /* SIGINT or SIGTERM */
};

enum progress_kind {
	PROGRESS_RUN_STARTED,  /* also on resume: replayed tells how many steps were recorded */
	PROGRESS_STEP_STARTED, /* an attempt was dispatched: it begins once a worker is free */
	PROGRESS_STEP_BEGAN,   /* a worker has been at it for a while; not told of quick ones */
	PROGRESS_STEP_RETRY,   /* an attempt failed, another comes in wait_ms */
	PROGRESS_STEP_COMPLETED,
	PROGRESS_STEP_FAILED,
	PROGRESS_HEARTBEAT,
	PROGRESS_TIMER_STARTED, /* until */
	PROGRESS_TIMER_FIRED,
	PROGRESS_SIGNAL,    /* step: its name; detail: the payload, may be NULL */
	PROGRESS_WAITING,   /* the run waits; detail is what core_waits says */
	PROGRESS_LOG,       /* text: a line of wf_log */
	PROGRESS_UPDATE,    /* update `step` was accepted (attempt 1), completed (2), failed (3) or
			       refused    (0) */
	PROGRESS_RUN_ENDED, /* end, detail is the result or the error */
};

/* One thing that happened; everything is borrowed during the call. */
struct progress {
	enum progress_kind kind;
	const char *run_id, *workflow;
	uint64_t cmd;
	const char *step; /* or the signal's name */
	int attempt;
	int64_t us; /* how long it ran */
	int64_t until, wait_ms;
	uint64_t replayed;
	const char *text;     /* error message, log line */
	const char *log_base; /* where the attempt's output is */
	const json_t *detail;
	enum drive_end end;
};

struct driver_options {
	unsigned jobs;       /* 0: as config.yaml says, else the number of processors */
	bool wait;           /* wait in the foreground for timers and signals */
	bool handle_signals; /* SIGINT and SIGTERM stop the loop */
	int64_t grace_ms;    /* for running attempts when stopped; 0: 5 s */
	void (*progress)(void *arg, const struct progress *progress);
	void *progress_arg;
	/* Asked, with progress_arg, of a run that only waits: whether to leave it, though `wait` is
	 * set. NULL: never. */
	bool (*enough)(void *arg);
	/* Called from the loop about every tick_ms (0: never) while it turns, with progress_arg: to
	 * redraw a display. */
	unsigned tick_ms;
	void (*tick)(void *arg);
	/* Called when a secret is read, from that variable of the environment (NULL: from a file):
	 * a process that is the driver's alone takes it out, and dumps no core from then on. NULL:
	 * nothing is done. */
	void (*secret_read)(const char *variable);
	struct fault *fault; /* where to die, for tests (fault.h); borrowed; NULL: nowhere */
};

/* Starts the committer at once. New. */
int driver_new(struct driver **ret, struct state *state, const struct driver_options *options,
	       struct err *err);
/* Begin to drive a run that exists on disk: takes its lock, replays. ERR_BUSY when somebody else
 * drives it; ERR_CLOSED when it has ended. A run that cannot be replayed is marked halted: returns
 * 0, and driver_end says DRIVE_HALTED. */
int driver_add(struct driver *driver, const char *run_id, struct err *err);
/* The same with new code: replays the whole history against module_file first; only then pins it.
 * ERR_NONDETERMINISTIC changes nothing. */
int driver_add_with(struct driver *driver, const char *run_id, const char *module_file,
		    struct err *err);
/* End a run that nobody drives as terminated, without loading its code. message: name of the
 * message in its inbox that asks for it, or NULL; error: {"type","message"}, borrowed. ERR_BUSY
 * when somebody drives it, ERR_CLOSED when it has ended. */
int driver_terminate(struct driver *driver, const char *run_id, const char *message, json_t *error,
		     struct err *err);
/* Turn until no run is left that can go on. 0, or the negative code of a failure that concerns all.
 */
int driver_loop(struct driver *driver, struct err *err);
/* The same for a loop of one's own: a descriptor to poll, for how many milliseconds (-1: for ever),
 * and a turn that does not block. *ret_more: whether any run can still go on. */
int driver_fd(const struct driver *driver);
int driver_timeout(const struct driver *driver);
int driver_turn(struct driver *driver, bool *ret_more, struct err *err);
/* How it ended; ret_detail (may be NULL) is borrowed: result, error, waits, or why it is halted or
 * broken. */
enum drive_end driver_end(const struct driver *driver, const char *run_id,
			  const json_t **ret_detail);
/* The signal that stopped the loop, or 0. */
int driver_stopped_by(const struct driver *driver);
/* Flush the commits, stop workers, let go of the locks. err may hold a complaint of the committer
 * (a warning). */
int driver_free(struct driver *driver, struct err *err);

#endif
