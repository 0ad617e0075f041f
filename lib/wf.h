/* SPDX-License-Identifier: MIT */
/*
 * wf.h - write durable workflows in C.
 *
 * A module is a shared object that includes this header, defines workflows and
 * steps as static functions, and names them in one WF_MODULE(...).
 *
 * A workflow is deterministic: it asks for steps, timers and signals, and
 * decides. It may be killed at any instant and is then called again from the
 * top, with the recorded outcomes in place of new work. A step is where side
 * effects belong: it runs in a worker process, is retried, and its outcome is
 * recorded once.
 *
 * Ownership. A json_t that the engine hands to workflow or step code is
 * borrowed: it lives until the run (or the attempt) ends, or until
 * wf_release(). A json_t that workflow or step code returns is stolen by the
 * engine; returning a borrowed value is allowed. An input given to a call is
 * borrowed by that call.
 *
 * Durations are milliseconds in a wf_duration; write WF_SECONDS(30).
 *
 * The same calls compile as C11, C17 and C++20. Options are designated
 * initialisers; in C++ they must be given in the order declared here.
 */
#ifndef WF_H
#define WF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define WF_DEFAULT = {}
extern "C" {
#else
#define WF_DEFAULT
#endif

#define WF_ABI_MAJOR 1
#define WF_ABI_MINOR 1
#define WF_MODULE_MAGIC 0x31766657u /* "Wfv1", little endian */

typedef struct wf_ctx wf_ctx;         /* what a workflow function is given */
typedef struct wf_attempt wf_attempt; /* what a step function is given */
typedef struct wf_future wf_future;   /* an outcome that may not be there yet */

typedef int64_t wf_duration;
#define WF_MILLISECONDS(n) ((wf_duration)(n))
#define WF_SECONDS(n) ((wf_duration)((n) * (wf_duration)1000))
#define WF_MINUTES(n) ((wf_duration)((n) * (wf_duration)60000))
#define WF_HOURS(n) ((wf_duration)((n) * (wf_duration)3600000))
#define WF_DAYS(n) ((wf_duration)((n) * (wf_duration)86400000))

typedef json_t *wf_workflow_fn(wf_ctx *wf, const json_t *input);
typedef json_t *wf_step_fn(wf_attempt *a, const json_t *input);
typedef json_t *wf_coroutine_fn(wf_ctx *wf, void *arg);
typedef bool wf_predicate_fn(wf_ctx *wf, void *arg);
typedef json_t *wf_side_effect_fn(wf_ctx *wf, void *arg);

/*
 * When to try a step again. Zero means the default: 1 s before the second
 * attempt, twice as long each time, at most 100 times the first wait, attempts
 * unlimited. never: a NULL-terminated list of failure types that are final.
 */
typedef struct wf_retry {
	int attempts WF_DEFAULT;
	wf_duration first WF_DEFAULT;
	double factor WF_DEFAULT;
	wf_duration longest WF_DEFAULT;
	const char *const *never WF_DEFAULT;
	uint64_t reserved[4] WF_DEFAULT;
} wf_retry;

/*
 * When the scope is cancelled that a step was asked for in. A step is asked to
 * stop by wf_cancelled(), a command by TERM; after its grace it is killed.
 */
typedef enum wf_on_cancel {
	WF_ON_CANCEL_TRY,  /* asked to stop; whoever waits for it goes on at once, with "cancelled"
			    */
	WF_ON_CANCEL_WAIT, /* asked to stop; its outcome, whatever that is, is waited for */
	WF_ON_CANCEL_ABANDON, /* not asked to stop; whoever waits for it goes on at once */
} wf_on_cancel;

/* Options of a step; zero means the default. New fields come at the end only. */
typedef struct wf_step_options {
	const char **argv WF_DEFAULT;   /* set by wf_exec */
	size_t size WF_DEFAULT;         /* set by the macros */
	wf_duration timeout WF_DEFAULT; /* one attempt, start to close; 0: none */
	wf_duration
		total_timeout WF_DEFAULT; /* all attempts and waits, schedule to close; 0: none */
	wf_duration heartbeat WF_DEFAULT; /* longest silence of an attempt; 0: any */
	wf_duration grace WF_DEFAULT;     /* between TERM and KILL; 0: 5 s */
	wf_retry retry WF_DEFAULT;
	bool at_most_once WF_DEFAULT; /* recorded before it is dispatched; a crash is a failure */
	bool run_inline WF_DEFAULT;   /* in the driver itself, for trivial work: no isolation, no
					 time-out */
	/* commands (wf_exec, wf_shell) only: */
	bool any_exit WF_DEFAULT;         /* a non-zero exit status is an outcome, not a failure */
	const char *directory WF_DEFAULT; /* working folder; NULL: the run's */
	const char *const
		*environment WF_DEFAULT;   /* NULL-terminated NAME=VALUE added to the run's */
	const char *stdin_text WF_DEFAULT; /* standard input; NULL: empty */
	size_t capture WF_DEFAULT;         /* bytes of stdout kept in the outcome; 0: 65536 */
	/* since 1.1 */
	wf_on_cancel on_cancel WF_DEFAULT; /* what cancelling its scope means for a running step */
	unsigned limit WF_DEFAULT; /* attempts of this step at once, over all runs of the state
				      directory; 0: any */
	double rate WF_DEFAULT;    /* and how many begin in a second; 0: any */
} wf_step_options;

/* Why something failed. Borrowed; lives until the run ends. */
typedef struct wf_failure {
	size_t size;
	const char *type; /* "timeout", "crashed", "exit", or what wf_fail() was given */
	const char *message;
	const char *step; /* NULL where no step failed */
	int attempts;
	bool permanent;
	const json_t *details;          /* may be NULL */
	const struct wf_failure *cause; /* may be NULL */
} wf_failure;

/* ------------------------------------------------------------------ steps */

/*
 * wf_step(wf, FUNCTION, INPUT, options...): run a step and wait for it.
 * Returns its result, borrowed, or NULL when it failed for good (see
 * wf_error()). wf_start() only asks for it and returns its future; nothing
 * waits until wf_await().
 */
#define wf_step(wf, ...) WF_STEP_CALL_(wf_step_, wf, __VA_ARGS__, )
#define wf_start(wf, ...) WF_STEP_CALL_(wf_start_, wf, __VA_ARGS__, )

/*
 * wf_exec(wf, "name", (const char *[]){"tar", "cf", ..., NULL}, options...) and
 * wf_shell(wf, "name", "make -j2 check", options...): a command as a step.
 * The outcome is {"status": 0, "stdout": "...", "stderr": "..."}; an exit
 * status other than 0 fails the step with type "exit" unless .any_exit.
 * WF_ARGV("tar", "cf", ...) makes the list in C and C++ alike.
 */
#define wf_exec(wf, name, ...) wf_exec_(wf, name, WF_EXEC_OPTIONS_(__VA_ARGS__, ))
#define wf_exec_start(wf, name, ...) wf_exec_start_(wf, name, WF_EXEC_OPTIONS_(__VA_ARGS__, ))
#define wf_shell(wf, name, ...) WF_SHELL_CALL_(wf_shell_, wf, name, __VA_ARGS__, )
#define wf_shell_start(wf, name, ...) WF_SHELL_CALL_(wf_shell_start_, wf, name, __VA_ARGS__, )

/*
 * Register a step that runs, last registered first, if the run fails (or is
 * cancelled) from here on. wf_compensate_exec/_shell do so for commands.
 * wf_compensations_done() forgets all that are registered.
 */
#define wf_compensate(wf, ...) WF_STEP_CALL_(wf_compensate_, wf, __VA_ARGS__, )
#define wf_compensate_exec(wf, name, ...) \
	wf_compensate_exec_(wf, name, WF_EXEC_OPTIONS_(__VA_ARGS__, ))
#define wf_compensate_shell(wf, name, ...) \
	WF_SHELL_CALL_(wf_compensate_shell_, wf, name, __VA_ARGS__, )
void wf_compensations_done(wf_ctx *wf);

/* ---------------------------------------------------------------- futures */

/* Wait for one future. Returns its value, borrowed, or NULL when it failed. */
json_t *wf_await(wf_ctx *wf, wf_future *future);
/* Wait until one of n is there; returns the lowest ready index. */
size_t wf_await_any(wf_ctx *wf, wf_future *const *futures, size_t n);
/* Wait until all n are there; true when none failed. wf_error() then tells the first that did. */
bool wf_await_all(wf_ctx *wf, wf_future *const *futures, size_t n);
/* Whether it is there; never waits. */
bool wf_ready(const wf_future *future);
/* Its value, borrowed; NULL while it is not there, and when it failed. */
json_t *wf_value(const wf_future *future);
/* Why it failed, borrowed; NULL while it is not there, and when it succeeded. */
const wf_failure *wf_future_error(const wf_future *future);
/* Give a future back early; it may not be used afterwards. What it stands for goes on. */
void wf_forget(wf_ctx *wf, wf_future *future);
/* Give a borrowed value back early, in a long loop. */
void wf_release(wf_ctx *wf, const json_t *value);

/* ------------------------------------------------- time, chance, coroutines */

/* A durable timer; its value is null once it has fired. */
wf_future *wf_timer(wf_ctx *wf, wf_duration after);
/* Wait; 0, or -1 when the wait was cancelled. sleep(3) and kin do the same. */
int wf_sleep(wf_ctx *wf, wf_duration for_ms);
/* Milliseconds since 1970, the same on replay. It moves when the workflow waits. */
int64_t wf_now(wf_ctx *wf);
/* Uniform 64 bits, the same on replay. */
uint64_t wf_random(wf_ctx *wf);
/* A version 4 UUID, the same on replay, into out; returns out. */
const char *wf_uuid(wf_ctx *wf, char out[37]);
/* Another coroutine of this workflow; the future is its return value. */
wf_future *wf_spawn(wf_ctx *wf, wf_coroutine_fn *fn, void *arg);
/* Wait until the predicate holds; false when timeout (0: none) passed first or the wait was
 * cancelled. */
bool wf_condition(wf_ctx *wf, wf_predicate_fn *holds, void *arg, wf_duration timeout);

/* Call fn once, in the driver, and record what it returns (NULL counts as null): for what replay
 * cannot make again and is too little for a step. fn may not ask or wait. Returns it, borrowed. */
json_t *wf_side_effect(wf_ctx *wf, wf_side_effect_fn *fn, void *arg);

/* -------------------------------------------- code that changes under open runs */

/*
 * Whether this run takes the new way: true where the question is new, false for a run that was past
 * this place before the code asked. The answer is recorded and holds for the whole run, however
 * often it is asked. if (wf_patched(wf, "fee-first")) new; else old;
 */
bool wf_patched(wf_ctx *wf, const char *id);
/* In place of wf_patched() once no open run is of the old way and only the new one is left in the
 * code. When no open run has asked wf_patched() either, the call may go. */
void wf_patch_deprecated(wf_ctx *wf, const char *id);
/*
 * Of more than two ways: the newest version for a run that comes here first with this code, else
 * the one that was recorded; 0 for a run that was past this place before the code asked at all. A
 * run whose version is not from oldest to newest halts. 0 <= oldest <= newest, 1 <= newest.
 */
int wf_version(wf_ctx *wf, const char *id, int oldest, int newest);

/* ----------------------------------------------------------- cancellation */

/*
 * A run is cancelled from outside by `wf cancel`; a part of it by the workflow
 * itself, through a scope. What a coroutine, and those that it spawns, asks for
 * between wf_scope_begin() and wf_scope_end() belongs to the scope. When it is
 * cancelled, every wait in it for a step, timer, signal or condition ends with
 * NULL, -1 or false and a wf_error() of type "cancelled", and so does all that
 * is asked for in it afterwards. wf_await() of what belongs to another scope,
 * or of a coroutine, goes on until that has its outcome.
 *
 * The whole run is the outermost scope. A workflow that returns NULL after that
 * was cancelled ends as cancelled, once its compensations have run; one that
 * returns a value has completed.
 */
typedef struct wf_scope wf_scope;
/* Begin a scope within the present one. Borrowed; lives until the run ends, also after
 * wf_scope_end. */
wf_scope *wf_scope_begin(wf_ctx *wf);
/* The same, but cancelling a scope around it does not reach in: for what must be brought to its
 * end. */
wf_scope *wf_shield_begin(wf_ctx *wf);
/* From here on this coroutine asks in the scope around it. */
void wf_scope_end(wf_ctx *wf, wf_scope *scope);
/* Cancel what belongs to the scope; it may have been ended. reason: the message; NULL: a default.
 */
void wf_scope_cancel(wf_ctx *wf, wf_scope *scope, const char *reason);
/* Whether the present scope is cancelled, by itself or from around it. */
bool wf_is_cancelled(wf_ctx *wf);

/* ---------------------------------------------- signals, queries, updates */

/*
 * A signal is a name with a JSON payload, sent to this run from outside or by
 * another run. It is recorded when it comes. It goes to whoever waits for one
 * of its name, else to the handler of its name, else to the handler of all
 * others, else it waits unread, in order of arrival.
 */
typedef void wf_signal_fn(wf_ctx *wf, const json_t *payload, void *arg);

/* Wait for the next signal of that name. Its payload, borrowed; NULL when the wait was cancelled.
 */
json_t *wf_receive(wf_ctx *wf, const char *name);
/* Its future, for wf_await_any(): takes the next unread signal of that name, until it is forgotten.
 */
wf_future *wf_receive_start(wf_ctx *wf, const char *name);
/* The payload of an unread one, borrowed; never waits: NULL when there is none. To drain before the
 * end. */
json_t *wf_receive_now(wf_ctx *wf, const char *name);
/* Call fn for each, in a coroutine of its own, in order of arrival, those unread first. name NULL:
 * all that no other handler takes. */
void wf_on_signal(wf_ctx *wf, const char *name, wf_signal_fn *fn, void *arg);
/* Name of the signal that the calling handler was started for; NULL elsewhere. Borrowed. */
const char *wf_signal_name(wf_ctx *wf);
/* Whether no handler of a signal or an update runs: a predicate to wait for before the end. */
bool wf_handlers_done(wf_ctx *wf);
/* Signal another run of the same state directory, exactly once. 0 when it is durable there; -1: no
 * such run, or it has ended (wf_error() says which). payload may be NULL. */
int wf_signal(wf_ctx *wf, const char *run_id, const char *name, const json_t *payload);

/*
 * A query reads what a workflow knows, and changes nothing: fn is called in a
 * process of its own that has replayed the history, on open runs and on ended ones. It may not ask
 * for anything, wait, or change what arg points to. What it returns is new, NULL when it threw.
 * arg should point to memory of wf_alloc(); the frame of the workflow function itself will do.
 */
typedef json_t *wf_query_fn(wf_ctx *wf, const json_t *argument, void *arg);
void wf_on_query(wf_ctx *wf, const char *name, wf_query_fn *fn, void *arg);

/*
 * An update changes a run and answers. validate (or NULL) says first whether it is taken: false,
 * with the reason by wf_throw(), refuses it and leaves no trace; it may only look. Then fn runs as
 * a coroutine that may use steps and timers; what it returns is the caller's answer.
 */
typedef bool wf_validate_fn(wf_ctx *wf, const json_t *argument, void *arg);
typedef json_t *wf_update_fn(wf_ctx *wf, const json_t *argument, void *arg);
void wf_on_update(wf_ctx *wf, const char *name, wf_validate_fn *validate, wf_update_fn *fn,
		  void *arg);

/* Zeroed memory that lives as long as what the process knows of the run. Never NULL. */
void *wf_alloc(wf_ctx *wf, size_t size);

/* ------------------------------------------------------------- child runs */

/* What becomes of a child that is open when its parent ends. */
typedef enum wf_close_policy {
	WF_CLOSE_TERMINATE,
	WF_CLOSE_CANCEL,
	WF_CLOSE_ABANDON
} wf_close_policy;
/* Whether a child may take the id of a run that has ended: always, if that failed, never. */
typedef enum wf_id_reuse {
	WF_ID_REUSE_ALLOW,
	WF_ID_REUSE_ALLOW_FAILED,
	WF_ID_REUSE_REJECT
} wf_id_reuse;

/* Options of a child run; zero means the default. New fields come at the end only. */
typedef struct wf_child_options {
	size_t size WF_DEFAULT;             /* set by the macros */
	const char *id WF_DEFAULT;          /* NULL: <id of the parent>.<number of the command> */
	wf_duration run_timeout WF_DEFAULT; /* of one generation; 0: none */
	wf_duration timeout WF_DEFAULT;     /* of all its generations; 0: none */
	wf_retry retry WF_DEFAULT; /* attempts 0: one; the next ones are runs <id>+2, <id>+3 ... */
	wf_close_policy on_close WF_DEFAULT;
	wf_id_reuse id_reuse WF_DEFAULT;
	const json_t *tags WF_DEFAULT; /* an object, copied; may be NULL */
	wf_on_cancel
		on_cancel WF_DEFAULT; /* as for a step; the child is cancelled as by `wf cancel` */
} wf_child_options;

/*
 * wf_child(wf, "workflow", INPUT, options...): run a workflow as a run of its
 * own and wait for its result, borrowed, or NULL when it did not complete:
 * wf_error() then says "child_failed", "child_cancelled" or "child_terminated", and its
 * cause is the child's own error. wf_child_start() only asks for it. The workflow is one
 * of the same module, else what `wf run` takes: NAME, FILE or FILE:NAME.
 */
#define wf_child(wf, ...) WF_CHILD_CALL_(wf_child_, wf, __VA_ARGS__, )
#define wf_child_start(wf, ...) WF_CHILD_CALL_(wf_child_start_, wf, __VA_ARGS__, )
/* The id of the (first) run that a future of wf_child_start stands for, borrowed; else NULL. */
const char *wf_child_id(const wf_future *future);

/* --------------------------------------------------------- failing, telling */

/* The last failure that this coroutine met, borrowed; NULL when there was none. */
const wf_failure *wf_error(wf_ctx *wf);
/* Fail the workflow: return wf_throw(wf, "type", "format", ...). Always NULL. */
json_t *wf_throw(wf_ctx *wf, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* json_pack() that fails the workflow instead of returning NULL in silence. New. */
json_t *wf_json(wf_ctx *wf, const char *format, ...);
/* A line in the run's log; silent while replaying. */
void wf_log(wf_ctx *wf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The run's id; borrowed. */
const char *wf_run_id(wf_ctx *wf);

/*
 * return wf_continue_as_new(wf, INPUT): end here and begin again from the top
 * with this input, as the next generation of the same run: same id, a history
 * that begins anew, so that a run that never ends stays quick. Signals not read
 * yet move along, as do tags and memos; timers, steps and compensations of this generation do
 * not, and its children are dealt with by their on_close. Always NULL.
 */
json_t *wf_continue_as_new(wf_ctx *wf, const json_t *input);
/* Whether it is time to: this generation has 10,000 events or more. */
bool wf_continue_suggested(wf_ctx *wf);
/* 1 for the first. */
unsigned wf_generation(wf_ctx *wf);
/* How many events the history of this generation has; the measure for wf_continue_as_new. */
uint64_t wf_history_length(wf_ctx *wf);

/* ---------------------------------------------------------------- looking */

/*
 * A tag: a typed word about the run that 'wf list --where' finds it by. value, stolen: a text, a
 * number, true or false, or a list of texts; null takes the tag away. Recorded, and seen by others
 * once it is; nobody waits. At most 2 KiB. A wrong one changes nothing and is met as a failure.
 */
void wf_tag(wf_ctx *wf, const char *name, json_t *value);
/* The same, with any JSON up to 32 KiB that only 'wf show' and 'wf status' tell. Steals value. */
void wf_memo(wf_ctx *wf, const char *name, json_t *value);
/* One text for people: what the run is at. An empty one takes it away. */
void wf_details(wf_ctx *wf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All tags, all memos: objects, borrowed until the next wf_tag or wf_memo. With those of the start.
 */
const json_t *wf_tags(wf_ctx *wf);
const json_t *wf_memos(wf_ctx *wf);

/* ------------------------------------------- mutual exclusion between runs */

/*
 * Wait until fewer than limit others hold the lock of this name in this state directory, and hold
 * it: limit 1 is a mutex, more a semaphore. First come, first served among runs that are driven. 0,
 * or -1 when the wait was cancelled or name or limit make no sense. name: as a run id.
 *
 * It is let go by wf_let_go(), at the end of the run, and when its driver dies: then another run
 * may have it, and this one waits for it again before it goes on. A run that is suspended keeps it.
 */
int wf_acquire(wf_ctx *wf, const char *name, unsigned limit);
/* Let go of it (of the one acquired first, if this run holds it more than once). Never waits. */
void wf_let_go(wf_ctx *wf, const char *name);

/* ------------------------------------------------------------ inside a step */

/* The same text for every attempt of this step, and for no other step of any run. Borrowed. */
const char *wf_idempotency_key(const wf_attempt *a);
/* The id of the run that this attempt belongs to. Borrowed. */
const char *wf_attempt_run_id(const wf_attempt *a);
/* 1 for the first try. */
int wf_attempt_number(const wf_attempt *a);
/*
 * The value of a secret of the run, which stays out of all that is kept: for the outside world
 * alone. NULL: the run has no secret of that name, or it is not set. Borrowed until the attempt
 * ends. wf_secret_text: of what may be given as it is or as {"$secret":"NAME"}: a text is itself.
 */
const char *wf_secret(const wf_attempt *a, const char *name);
const char *wf_secret_text(const wf_attempt *a, const json_t *value);
/* Say "alive", with details (may be NULL) that the next attempt can read. 0, or -1 when asked to
 * stop. */
int wf_heartbeat(wf_attempt *a, const json_t *details);
/* What the last attempt said by wf_heartbeat; NULL when nothing. Borrowed. */
const json_t *wf_heartbeat_details(const wf_attempt *a);
/* Whether this attempt was asked to stop. */
bool wf_cancelled(const wf_attempt *a);
/*
 * return wf_complete_outside(a): the attempt ends here without an outcome, and
 * somebody else says it later, by `wf complete` and the token. No process lives
 * meanwhile. The step's time-outs hold until then; heartbeats come by `wf
 * complete --heartbeat`. The token may be given away before the return.
 */
json_t *wf_complete_outside(wf_attempt *a);
/* What `wf complete --token` takes: valid for this attempt alone. Borrowed; NULL: no memory. */
const char *wf_token(const wf_attempt *a);
/* Fail this attempt: return wf_fail(a, "type", "format", ...). Always NULL; retried by the policy.
 */
json_t *wf_fail(wf_attempt *a, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same, never retried. */
json_t *wf_fail_permanently(wf_attempt *a, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Attach details to the failure that wf_fail() is about to make. Steals details. */
void wf_fail_details(wf_attempt *a, json_t *details);

/* ------------------------------------------------------------- the module */

typedef enum wf_kind { WF_KIND_WORKFLOW = 1, WF_KIND_STEP = 2 } wf_kind;

/* One workflow or step. Made by WF_WORKFLOW and WF_STEP. */
typedef struct wf_definition {
	size_t size;
	uint32_t kind;
	uint32_t reserved;
	const char *name;
	wf_workflow_fn *workflow;
	wf_step_fn *step;
	const char *file; /* where it was defined */
	wf_step_options options;
} wf_definition;

/* The one symbol that a module exports. */
typedef struct wf_module_descriptor {
	uint32_t magic;
	uint16_t abi_major, abi_minor;
	size_t size;
	size_t definition_size;
	size_t count;
	const wf_definition *definitions;
} wf_module_descriptor;

#define WF_WORKFLOW(...) WF_WORKFLOW_(__VA_ARGS__, )
#define WF_WORKFLOW_(fn, ...) \
	{ \
		sizeof(wf_definition), WF_KIND_WORKFLOW, 0, #fn, fn, NULL, __FILE__, \
		{ \
			.size = sizeof(wf_step_options) \
		} \
	}
#define WF_STEP(...) WF_STEP__(__VA_ARGS__, )
#define WF_STEP__(fn, ...) \
	{ \
		sizeof(wf_definition), WF_KIND_STEP, 0, #fn, NULL, fn, __FILE__, \
		{ \
			.size = sizeof(wf_step_options), __VA_ARGS__ \
		} \
	}

#define WF_MODULE(...) \
	static const wf_definition wf_definitions_[] = {__VA_ARGS__}; \
	WF_LINKAGE_ const wf_module_descriptor wf_module = { \
		WF_MODULE_MAGIC,       WF_ABI_MAJOR, \
		WF_ABI_MINOR,          sizeof(wf_module_descriptor), \
		sizeof(wf_definition), sizeof wf_definitions_ / sizeof wf_definitions_[0], \
		wf_definitions_};

/* ------------------------------------------------- what the macros stand for */

extern const wf_module_descriptor wf_module __attribute__((visibility("default")));

#ifdef __cplusplus
#define WF_LINKAGE_ extern "C"
#else
#define WF_LINKAGE_
#endif

#define WF_STEP_CALL_(call, wf, fn, ...) WF_STEP_CALL__(call, wf, #fn, fn, __VA_ARGS__)
#define WF_STEP_CALL__(call, wf, name, fn, in, ...) \
	call(wf, name, fn, in, WF_OPTIONS_(wf_step_options, __VA_ARGS__))
#define WF_SHELL_CALL_(call, wf, name, what, ...) \
	call(wf, name, what, WF_OPTIONS_(wf_step_options, __VA_ARGS__))

#define WF_CHILD_CALL_(call, wf, workflow, in, ...) \
	call(wf, workflow, in, WF_OPTIONS_(wf_child_options, __VA_ARGS__))

json_t *wf_child_(wf_ctx *, const char *workflow, const json_t *in, const wf_child_options *);
wf_future *wf_child_start_(wf_ctx *, const char *workflow, const json_t *in,
			   const wf_child_options *);
json_t *wf_step_(wf_ctx *, const char *name, wf_step_fn *, const json_t *in,
		 const wf_step_options *);
wf_future *wf_start_(wf_ctx *, const char *name, wf_step_fn *, const json_t *in,
		     const wf_step_options *);
void wf_compensate_(wf_ctx *, const char *name, wf_step_fn *, const json_t *in,
		    const wf_step_options *);
json_t *wf_exec_(wf_ctx *, const char *name, const wf_step_options *);
wf_future *wf_exec_start_(wf_ctx *, const char *name, const wf_step_options *);
void wf_compensate_exec_(wf_ctx *, const char *name, const wf_step_options *);
json_t *wf_shell_(wf_ctx *, const char *name, const char *command, const wf_step_options *);
wf_future *wf_shell_start_(wf_ctx *, const char *name, const char *command,
			   const wf_step_options *);
void wf_compensate_shell_(wf_ctx *, const char *name, const char *command, const wf_step_options *);

#ifdef __cplusplus
} /* extern "C" */
template <class T> static inline const T *wf_address_(const T &&value)
{
	return &value;
}
template <size_t N> struct wf_argv_ {
	const char *v[N];
	const char **list()
	{
		return v;
	}
};
template <class... A> static inline wf_argv_<sizeof...(A) + 1> wf_make_argv_(A... a)
{
	return {{a..., nullptr}};
}
#define WF_OPTIONS_(type, ...) wf_address_(type{.size = sizeof(type), __VA_ARGS__})
#define WF_EXEC_OPTIONS_(list, ...) \
	wf_address_(wf_step_options{.argv = list, .size = sizeof(wf_step_options), __VA_ARGS__})
#define WF_ARGV(...) (wf_make_argv_(__VA_ARGS__).list())
#else
#define WF_OPTIONS_(type, ...) (&(const type){.size = sizeof(type), __VA_ARGS__})
/* argv is the first member, so that a compound literal with commas of its own can be given as it is
 */
#define WF_EXEC_OPTIONS_(...) (&(const wf_step_options){__VA_ARGS__.size = sizeof(wf_step_options)})
#define WF_ARGV(...) ((const char *[]){__VA_ARGS__, NULL})
#endif

#endif
