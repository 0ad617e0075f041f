/* SPDX-License-Identifier: MIT */
/*
 * A step from the moment it was asked for to its recorded outcome (attempts,
 * retries, time-outs), and timers. Internal to the engine.
 *
 *   asked --begin--> running --outcome--> settled (an event is pending)
 *                      |  failed, may be tried again
 *                      v
 *                   waiting (attempts/<cmd>.json written) --due--> running
 *
 * If the driver dies: asked or running, the step is asked for again on replay,
 * and the attempt counts only when attempts/ says so; waiting, attempts/ has
 * the counter and the due time; settled but not synced, the attempt runs again.
 */
#ifndef WF_ENGINE_TASK_H
#define WF_ENGINE_TASK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct command;
struct err;
struct pool_outcome;
struct runner;
struct step;

/* A step or a timer that has no outcome yet. */
struct task {
	struct runner *runner;
	struct task *next, **link; /* among the runner's tasks */
	uint64_t cmd;
	const struct step *step; /* NULL: a timer; borrowed from the core */
	uv_timer_t *alarm;       /* retry, total time-out, or the timer itself; NULL: none */
	int64_t due;             /* wall clock, when `alarm` is for */
	int64_t asked;           /* wall clock: when the workflow asked for it */
	int attempt;             /* the one that runs or comes next */
	bool submitted;          /* the pool has it */
	bool out_of_time;        /* the total time-out has passed while an attempt ran */
	bool saved;              /* attempts/<cmd>.json is there */
	bool outside;            /* handed out: somebody outside says the outcome */
	int64_t handed, beat;    /* wall clock: when that was, and the last sign of life since */
	bool armed;              /* virtual time: wants to be woken when `due` comes */
	bool stubbed;            /* its outcome stands in for a step */
	bool settled;            /* its outcome is pending; wants nothing more */
	bool cancelled;          /* the workflow gave it up */
	json_t *failure;         /* of the last attempt; may be NULL */
	json_t *failures;        /* of the last attempts, each {"attempt","at","type","message"};
				    NULL: none */
	char *details;           /* JSON text of the last heartbeat; may be NULL */
	int64_t details_saved;   /* monotonic us of the last write of details */
	int slot_fd;             /* its place among those of .limit; -1: none */
	bool throttled;          /* waits for such a place */
	int64_t rate_due;        /* wall clock: when .rate lets it begin; 0: not asked yet */
	bool said_waits;         /* attempts/ says that it waits for one of the two */
};

struct task *task_new(struct runner *r, const struct command *command);
/* Also stops what runs, without an outcome. NULL is allowed. */
void task_free(struct task *task);
struct task *task_find(struct runner *r, uint64_t cmd);
/* The workflow gave it up, or its scope was cancelled: what runs is asked to stop, and what became
 * of a step is recorded. May free the task. */
int task_cancel(struct task *task, struct err *err);
/* Whether a step that was asked to stop is still running. */
bool task_stopping(const struct runner *r);

/* Commands of the core. */
int task_start_step(struct runner *r, const struct command *command, struct err *err);
int task_start_timer(struct runner *r, const struct command *command, struct err *err);
/* Begin the next attempt as soon as limits allow. */
int task_go(struct task *task, struct err *err);
/* Begin it now. */
int task_begin(struct task *task, struct err *err);

/* --- completed from outside (task_outside.c) --- */

/* The attempt has ended, and somebody outside completes it: record that, and wait. */
int task_hand_out(struct task *task, struct err *err);
/* Whether mark, what the history says of it, is of the attempt that is to come. */
bool task_was_handed_out(const struct task *task, const json_t *mark);
/* Go on waiting; state: what attempts/ says, or NULL. */
int task_handed_out(struct task *task, const json_t *mark, const json_t *state, struct err *err);
/* One of its times is over. */
int task_outside_late(struct task *task, struct err *err);
/* Say in wait, as core_waits made it, what it waits for. -1: no memory. */
int task_outside_wait(const struct task *task, json_t *wait);
/* For inbox_kinds. */
int task_take_completion(struct runner *r, const char *name, const json_t *message,
			 struct err *err);

/* Write attempts/<cmd>.json. */
int task_save(struct task *task, bool durable, struct err *err);

/* Callbacks of the pool. */
void task_outcome(struct task *task, const struct pool_outcome *outcome);
/* A worker is at it. */
void task_began(struct task *task);
void task_heartbeat(struct task *task, const char *details, size_t len);

/* Record an outcome (text: JSON): an event is pending afterwards. */
int task_settle(struct task *task, bool completed, const char *text, size_t len, int64_t us,
		struct err *err);
/* Record a failure of the engine's own. */
int task_fail(struct task *task, const char *type, const char *message, struct err *err);
/* Record that its total time-out has passed; the last attempt's failure is the cause. */
int task_fail_total(struct task *task, int64_t us, struct err *err);
/* An attempt failed (text: the failure): wait for the next, or record it. */
int task_attempt_failed(struct task *task, const char *text, size_t len, int64_t us,
			struct err *err);

/* Whether the step's total time-out has passed at that time. */
bool task_past_total(const struct task *task, int64_t at);

/* Wake at task->due by the run's clock. */
int task_alarm_on(struct task *task, struct err *err);
void task_alarm_off(struct task *task);
/* `due` has come. A failure ends the run as broken. */
void task_wake(struct task *task);

#endif
