/* SPDX-License-Identifier: MIT */
/*
 * The replay core: one run of a workflow function as a pure machine.
 *
 * It owns the coroutines, the futures and the numbering of commands, and
 * matches events to commands. Recorded events and new ones go in by the same
 * door, core_feed(); what the workflow asks for comes out of core_next(). It
 * has no clock, no file, no descriptor and never calls its owner. Time is the
 * time of the event that was fed last.
 *
 * Calling sequence: core_new; core_feed(run_started); then for each event of
 * the history core_feed; core_set_live; then serve every command of core_next
 * until the workflow has ended. Commands are numbered 1, 2, 3 ... in the order
 * in which the workflow asked; the number is what a recorded outcome is matched by.
 *
 * Order. core_feed resolves at most one future and then runs coroutines, first
 * woken first, until all wait. Waiters of a future wake in the order in which
 * they began to wait. So the same events give the same commands.
 *
 * Promise 4: when an event and the workflow disagree core_feed returns
 * -ERR_NONDETERMINISTIC with a report in err, the core is dead, and nothing else was changed.
 */
#ifndef WF_CORE_CORE_H
#define WF_CORE_CORE_H

#include "../model/event.h"
#include "../model/step.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;
struct module;
struct core;
struct child;

enum command_kind {
	COMMAND_STEP,        /* run it; answer with step_completed or step_failed */
	COMMAND_TIMER,       /* answer with timer_fired once `due` has come */
	COMMAND_CANCEL,      /* command `target` is no longer wanted */
	COMMAND_SIDE_EFFECT, /* call core_side_effect(), record side_effect, feed it */
	COMMAND_CHILD,       /* make it and drive it; answer with child_started, child_closed */
	COMMAND_LOG,         /* text: a line of wf_log; only while live */
	COMMAND_TELL,        /* record tags_set with these fields, feed it */
	COMMAND_ACQUIRE,     /* fields lock, limit; answer with lock_acquired once it is held */
	COMMAND_LET_GO,      /* fields lock, acquired: a command; answer with lock_let_go */
	COMMAND_SIGNAL, /* put signal `name` with `value` in the inbox of `run`; answer: signal_sent
			 */
	COMMAND_UPDATE, /* update `name` has ended with `value`: record and feed update_completed */
	COMMAND_MARKER, /* text: the fields of a `marker` event, durable before the next is served
			 */
};

struct command {
	enum command_kind kind;
	uint64_t id;
	struct step *step;      /* COMMAND_STEP: owned by the core until its outcome was fed */
	int64_t asked;          /* core_now when the workflow asked; the same on replay */
	int64_t due;            /* COMMAND_TIMER: ms since 1970 */
	uint64_t target;        /* COMMAND_CANCEL */
	const char *text;       /* COMMAND_LOG, COMMAND_MARKER: borrowed until the next call */
	const char *run, *name; /* COMMAND_SIGNAL, COMMAND_UPDATE: borrowed, as text */
	const json_t *value;    /* the same */
	bool failed;            /* COMMAND_UPDATE: value is an error */
	enum event_type marker; /* COMMAND_MARKER: EVENT_PATCHED or EVENT_VERSION */
	const json_t *fields;   /* COMMAND_TELL and those of locks: what the event says; borrowed */
	const struct child *child; /* COMMAND_CHILD: owned by the core until its end was fed */
};

enum core_status { CORE_RUNNING, CORE_COMPLETED, CORE_FAILED, CORE_CANCELLED, CORE_CONTINUED };

struct core_options {
	const struct module *module; /* borrowed */
	int workflow;                /* index in the module */
	const char *run_id;          /* borrowed during core_new */
	const uint8_t *seed;         /* 32 bytes: where wf_random comes from */
	json_t *input;               /* borrowed */
	int64_t created;             /* time at the start, ms since 1970 */
	const json_t *options; /* of run.json: tags, memo; borrowed during core_new; may be NULL */
	unsigned generation;   /* from run_started; 0: 1 */
	uint64_t commands;     /* the number that the generations before gave last */
	unsigned rules; /* from run_started: which replay rules hold (CORE_RULES for a new run) */
	size_t stack_bytes; /* of each coroutine; 0: 1 MiB, of which only what is used takes memory
			     */
	/* Loads a value kept outside the line ("result_file"). Called only inside core_feed. */
	int (*payload)(void *arg, const char *name, json_t **ret, struct err *err);
	void *payload_arg;
};

/* Promise 8: rises with every change to how a history replays; each number stays supported. */
#define CORE_RULES 1

int core_new(struct core **ret, const struct core_options *options, struct err *err);
void core_free(struct core *core);

/* Before the first feed, for each patched and version event of the history: what the workflow will
 * be told when it asks. */
int core_preload(struct core *core, const struct event *event, struct err *err);
/* The run was reset, and no outcome follows: what the workflow asks from this event on is new. */
void core_open_from(struct core *core, uint64_t seq);

/* Apply one event that replay cares about (notes are ignored) and run until all wait. Borrows
 * event. */
int core_feed(struct core *core, const struct event *event, struct err *err);
/* The recorded history is over: wf_log speaks again, commands may be served. */
void core_set_live(struct core *core);
/* The next command not seen yet, or NULL. Borrowed; valid until its outcome is fed. Commands whose
 * outcome was already fed, and those already cancelled, are passed over. */
const struct command *core_next(struct core *core);
/* Whether a command was asked for and has no outcome. */
bool core_is_open(const struct core *core, uint64_t id);
/* The same, and what is known of it: for whoever looks from outside. Borrowed until the next feed.
 */
struct core_asked {
	const struct command *command;
	const char *name;           /* of the step, lock, signal or child's workflow; NULL: none */
	bool given_up;              /* its scope was cancelled, or nobody waits for it any more */
	enum step_cancel on_cancel; /* of a step or child */
	unsigned scope;             /* that was cancelled: 0 the run, else the how manieth begun */
	const char *reason;         /* why that was; NULL: it was not */
};
bool core_asked(const struct core *core, uint64_t id, struct core_asked *ret);
/* Append the members "step" and "input" (or "input_sha256", over 1 KiB) of a step (or "run",
 * "name", "payload" of a signal) without an outcome, as its outcome line must have them. A failed
 * allocation is remembered by out. */
void core_describe_input(const struct core *core, uint64_t id, struct buf *out);
/* The locks that the workflow holds: command (as text) -> {"lock","limit"}. Borrowed. */
const json_t *core_held(const struct core *core);
/* For COMMAND_SIDE_EFFECT: call the function; its value is new. */
json_t *core_side_effect(struct core *core, uint64_t id);

enum core_status core_status(const struct core *core);
/* Borrowed; NULL unless completed (or continued: the new input). */
json_t *core_result(const struct core *core);
/* Borrowed: {"type","message",...}; NULL unless failed or cancelled. */
json_t *core_error(const struct core *core);
/* Commands without an outcome that are not cancelled. */
size_t core_waiting(const struct core *core);
/* What it waits for, for status and the stack query: a new array of
 * {"kind":"step|timer|signal|condition|...","cmd":N,"name":"...","until":MS}. */
json_t *core_waits(const struct core *core);
/* Which generation of its run it is, and the number of the last command it asked for. */
unsigned core_generation(const struct core *core);
uint64_t core_commands(const struct core *core);
int64_t core_now(const struct core *core);

/* Whether an update may be accepted now: 0, or 1 when it is refused: ret_error is new then
 * ({"type","message"}). Nothing of it is seen by the workflow but by its validator. */
int core_validate(struct core *core, const char *name, const json_t *payload, json_t **ret_error,
		  struct err *err);
/* Signals that nobody has read, in order of arrival: a new array of {"name","payload"}. */
json_t *core_unread(const struct core *core);
/* Names of what can be sent or asked now: new, {"signals":[],"queries":[],"updates":[]}. */
json_t *core_handlers(const struct core *core);

/* Before the first event, for a core that will be asked by core_query: what is on the workflow
 * function's stack stays there beyond its end. */
void core_keep(struct core *core);
/* Ask a query: 0 and its answer, or 1 and an error {"type","message"}; ret is new. The handler can
 * neither ask for anything nor wait. For a core that is not driven: a handler may spoil its state.
 */
int core_query(struct core *core, const char *name, const json_t *argument, json_t **ret,
	       struct err *err);
/* Where every coroutine stands: what it waits for, and the frames of its stack, innermost first.
 * handler: name of the message that it handles, or NULL. Called on the coroutine's own stack. */
typedef void core_look_fn(void *arg, const char *handler, const json_t *waits, void *const *frames,
			  size_t n);
void core_look(struct core *core, core_look_fn *each, void *arg);

/* The core whose coroutine runs right now on this thread, or NULL. For the interposed libc
 * functions. */
struct core *core_current(void);
/* For those functions: the time that replay answers; and random bytes from the run's seed. */
void core_random_bytes(struct core *core, void *data, size_t n);
/* As srand() does: from now on core_chosen_bytes answers the same for the same number. Before: as
 * core_random_bytes. */
void core_choose_seed(struct core *core, uint64_t number);
void core_chosen_bytes(struct core *core, void *data, size_t n);
/* A durable sleep of the running coroutine. 0, or -1 when it was cancelled. */
int core_sleep(struct core *core, int64_t ms);
/* Where the guard page of the running coroutine's stack is: a fault in it is an overflow. */
bool core_is_stack_overflow(const void *address);
/* Name of the workflow that is running, for the message of a crash. Safe in a signal handler. */
const char *core_current_name(void);

#endif
