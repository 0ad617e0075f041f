/* SPDX-License-Identifier: MIT */
/*
 * One run while a driver drives it: its history, its core, and a task for each
 * step and timer without an outcome. Internal to the engine.
 *
 * Life: runner_open (lock, replay) -> turns -> ended, suspended, halted or
 * broken -> runner_close. What has happened waits in `pending` until the next
 * turn makes it durable and feeds it.
 */
#ifndef WF_ENGINE_RUNNER_H
#define WF_ENGINE_RUNNER_H

#include "../base/buf.h"
#include "../base/error.h"
#include "../core/core.h"
#include "../model/event.h"
#include "../store/history.h"
#include "../store/run.h"
#include "driver.h"
#include "virtual.h"

#include <uv.h>

struct driver;
struct kid;
struct task;

/* An event that has happened and is not durable yet. */
struct happening {
	struct event event; /* body: what the core is fed with */
	struct buf fields;  /* text for the line */
	int64_t us;         /* an outcome of a step: how long it ran */
	char *note;         /* the commit's message; may be NULL */
	struct task *task;  /* to be freed once fed; may be NULL */
	char *message;      /* in the inbox, to be removed once fed; may be NULL */
};

struct runner {
	struct driver *driver;
	struct run run;
	struct history *history;
	struct core *core;
	const struct module *module;
	struct task *tasks;
	struct happening *pending;
	size_t pending_count, pending_size;
	char **mail; /* names listed in the inbox, and not looked at yet from mail_at on */
	size_t mail_count, mail_at;
	bool mail_changed; /* the inbox is to be listed again */
	json_t *heard;     /* names of messages of other runs that the history knows */
	json_t *updates;   /* ids of updates that it knows */
	json_t *messages;  /* names in the inbox; true: its event is pending or recorded */
	uv_fs_event_t *inbox;
	json_t *attempts; /* what attempts/ held when the run was opened */
	json_t *begun;    /* cmd -> true: at-most-once steps that history says were dispatched */
	bool started;     /* the history has its run_started */
	bool resumed;     /* a note of it precedes the first event of this driver */
	bool continued;   /* the history ends with run_continued, but for notes */
	bool rests;       /* the last event of the history is run_suspended */
	enum event_type
		ended_as;   /* an end that the history has, though the folder is still open/ */
	json_t *ended;      /* its body */
	int64_t ended_at;   /* its time */
	uint64_t ended_seq; /* its number */
	int64_t began;      /* when the history says that this generation did; 0: not yet */
	bool delayed;       /* it may not begin yet */
	uv_timer_t *clock;  /* start delay, time-outs (runner_limits.h); NULL: none */
	uint64_t replayed;  /* outcomes of steps found in the history */
	struct kid *kids;   /* children without an end */
	struct kid *kid;    /* what it is to its parent, while that is driven here too; or NULL */
	bool left;          /* runner_leave */
	bool added;         /* by a parent that is driven here: let go of once it has ended */
	json_t *children;   /* cmd -> body of child_started: made, and the end is not recorded */
	size_t running;     /* tasks that the pool has */
	json_t *told;       /* tags, memo, details as the history says; NULL: as at the start */
	bool told_changed;  /* since tags.json was written */
	struct lock_wait *lock_waits; /* runner_locks.h */
	struct gate *gate;            /* runner_gate.h; NULL: open */
	bool uses_locks;              /* it has claimed a lock */
	int slot_fd;                  /* the place of its workflow; -1: none */
	int seal;                     /* of the inbox, while the run ends (runner_last.c); or -1 */
	bool virtual_time;            /* waits are skipped (virtual.h) */
	int64_t clock_due;            /* virtual time: when `clock` would wake it; 0: never */
	bool said_waiting;            /* PROGRESS_WAITING was sent since something happened last */
	unsigned log_shard;           /* number of the log folder used last, plus one */
	bool log_is_new;              /* it was not there before */
	enum drive_end end;
	json_t *detail;   /* of the end */
	char key_tail[9]; /* part of each idempotency key */
};

/* Take the lock, replay. with: module file of new code, or NULL. */
int runner_open(struct runner **ret, struct driver *driver, const char *id, const char *with,
		struct err *err);
/* Make durable, feed and serve everything that has happened. A failure ends the run as broken or
 * halted. */
void runner_turn(struct runner *r);
/* Whether it waits only for what is not coming soon. */
bool runner_idle(const struct runner *r);
/* Tell, once until something happens, that it waits for what does not come soon. */
void runner_say_waiting(struct runner *r);
/* Record that it is suspended; sets end. */
void runner_suspend(struct runner *r);
/* It has ended, and another run may take its id: its lock is let go, and driver_find passes over
 * it.
 */
void runner_leave(struct runner *r);
/* Release all; the lock too. */
void runner_close(struct runner *r);

/* --- between the files of the runner --- */

/* New: the run is opened, its lock taken, its history opened; nothing of it is read. ERR_CLOSED
 * when the run has ended. */
int runner_new(struct runner **ret, struct driver *driver, const char *id, struct err *err);
/* Steps that run again after a reset are others: they get other idempotency keys. */
void runner_key_tail(struct runner *r, json_int_t resets);

/* The name of a log folder and the start of its files' names for an attempt. New. */
char *runner_log_base(struct runner *r, uint64_t cmd, const char *step, int attempt);
/* One more thing that has happened; its event and fields are for the caller to fill. NULL: no
 * memory. Valid until the next. */
struct happening *runner_happen(struct runner *r, enum event_type type, uint64_t cmd);
void happening_release(struct happening *h);
void runner_break(struct runner *r, enum drive_end end, const struct err *err);
/* The first event of a history. */
int runner_say_begun(struct runner *r, struct err *err);
/* For each event recorded or replayed: the end of the run, if it is that. */
void runner_note_end(struct runner *r, const struct event *event);
/* If an end is pending: seal the inbox, and let what was promised come before that (runner_last.c).
 */
int runner_last_words(struct runner *r, struct err *err);
/* Nothing is put into its inbox until runner_unseal; done twice is done once. */
int runner_seal(struct runner *r, struct err *err);
void runner_unseal(struct runner *r);
/* Serve what the core asks for (runner_serve.c). */
int runner_serve(struct runner *r, struct err *err);
/* Record the end unless the history has it, and close the folder (runner_end.c). */
void runner_finish(struct runner *r);
/* Append all that is pending and make it durable by one sync; then feed it. */
int runner_record(struct runner *r, struct err *err);
int runner_feed(struct runner *r, struct err *err);
/* Tell of what has happened, and is durable (runner_say.c). */
void runner_say(struct runner *r, const struct happening *h);
/* Append "member":value to the fields, or "member_file" with the value in payloads/ when it is
 * large. */
int runner_put_value(struct runner *r, struct buf *fields, const char *member, const char *text,
		     size_t len, struct err *err);
int runner_put_json(struct runner *r, struct buf *fields, const char *member, const json_t *value,
		    struct err *err);
void runner_tell_committer(struct runner *r, const char *note);
/* An event whose fields are those of the command. */
int runner_record_fields(struct runner *r, enum event_type type, const struct command *command,
			 struct err *err);
/* Tell a new core what it must know of the history before it is fed (runner_markers.c). */
int runner_preload(struct runner *r, struct core *core, uint64_t from, struct err *err);
int runner_serve_marker(struct runner *r, const struct command *command, struct err *err);
/* Append the note that another driver goes on. */
int runner_say_resumed(struct runner *r, struct err *err);
int runner_payload(void *arg, const char *name, json_t **ret, struct err *err);

#endif
