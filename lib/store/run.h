/* SPDX-License-Identifier: MIT */
/*
 * One run's folder: open/<id>/ or closed/<id>/ with run.json, history/, inbox/,
 * logs/, payloads/, attempts/ and lock.
 *
 * Making a run: a folder open/.new-<pid>-<start>-<random>/ is filled and synced, then renamed
 * to open/<id>; a crash before the rename leaves only a .new-* folder that
 * fsck and the next driver remove. Closing: the end event is durable in
 * history, result.json is written, and then open/<id> is renamed to
 * closed/<id>; a crash between leaves an ended run in open/, which the next
 * command that takes its lock moves.
 *
 * The lock is a kernel lock on <run>/lock, held by the driver and inherited by its
 * workers and committer. It is free only when the last of them is gone.
 */
#ifndef WF_STORE_RUN_H
#define WF_STORE_RUN_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct state;

/* run.json: written once. */
struct run_info {
	char *id, *workflow;
	char module[65];   /* SHA-256 of the module it began with */
	char *module_name; /* base name of what the user named, for people */
	json_t *input;     /* object or any JSON */
	int64_t created;   /* ms since 1970 */
	uint8_t seed[32];
	char *parent; /* NULL: none */
	uint64_t parent_cmd;
	char parent_key[9];  /* tells the parent from another run that had its id */
	char *directory;     /* working folder of the run's commands */
	json_t *environment; /* object of the variables kept for the run's commands */
	json_t *options;     /* object: tags, memo, time-outs, ... ; never NULL */
};

struct run {
	struct state *state; /* borrowed */
	char *id, *path;     /* owned; path changes when it is closed */
	bool closed;
	struct run_info info;
	int lock_fd; /* -1: not held */
};

/* Make a run on disk, durably; ERR_EXISTS when the id is taken. Steals nothing from info. */
int run_create(struct state *state, const struct run_info *info, struct err *err);
/* The same, with a message in its inbox from the beginning (NULL: none). */
int run_create_with(struct state *state, const struct run_info *info, json_t *message,
		    struct err *err);
/* The same, with more in its folder from the beginning: what fill puts there, durably. */
typedef int run_fill_fn(void *arg, const char *folder, struct err *err);
int run_create_filled(struct state *state, const struct run_info *info, run_fill_fn *fill,
		      void *arg, struct err *err);
/* A run that was made before: its folder with what fill puts there, durably, whole or not at all.
 * ERR_EXISTS when it is there. */
int run_bring_back(struct state *state, const char *id, bool closed, run_fill_fn *fill, void *arg,
		   struct err *err);
/* Whether id may be one: 0, or ERR_USAGE, which says why not. */
int run_check_id(const char *id, struct err *err);
/* ERR_NOT_FOUND in the standard words. */
int run_unknown(const struct state *state, const char *id, struct err *err);
/* Open by id, in open/ or closed/; reads run.json. One that only git has is brought back first,
 * where state->recall does that. ERR_NOT_FOUND. */
int run_open(struct run *ret, struct state *state, const char *id, struct err *err);
void run_release(struct run *run);
void run_info_release(struct run_info *info);
/* ERR_DAMAGED when what should be a folder of the run is a link or a file. */
int run_check_folders(struct run *run, struct err *err);
/* Take the lock. When its holder is dead but its workers are still dying, waits for them (at most
 * wait_ms), and of a run that has ended for whoever drove it. ERR_BUSY names the holder's pid. The
 * lock file then holds our pid. */
int run_lock(struct run *run, int64_t wait_ms, struct err *err);
void run_unlock(struct run *run);
/* pid of the live driver, 0 when none; takes nothing. */
int run_driver(struct run *run, pid_t *ret_pid, struct err *err);
/* Write result.json durably and move open/<id> to closed/<id>. Idempotent. Steals nothing. */
int run_close(struct run *run, json_t *result, struct err *err);
/* Write or read halted.json: why the run cannot go on. NULL removes it. ret is new, or NULL when
 * absent. */
int run_set_halted(struct run *run, json_t *why, struct err *err);
int run_halted(struct run *run, json_t **ret, struct err *err);
/* Keep a large value out of the history: payloads/<sha256>.json, synced. ret_name is the file name.
 */
int run_put_payload(struct run *run, const char *text, size_t n, char ret_name[80],
		    struct err *err);
/* New. ERR_DAMAGED when its digest differs. */
int run_get_payload(struct run *run, const char *name, json_t **ret, struct err *err);
/* attempts/<cmd>.json: attempt counter, when the next is due, last failure, heartbeat details. NULL
 * removes. */
int run_set_attempt(struct run *run, uint64_t cmd, json_t *state, bool durable, struct err *err);
/* An object from cmd (as text) to its state; new, empty when there are none. */
int run_attempts(struct run *run, json_t **ret, struct err *err);

/* tags.json: what the run says about itself now, as lib/model/told.h; not durable, for the history
 * has it. ret: what it began with where there is none; new. */
int run_set_told(struct run *run, json_t *told, struct err *err);
int run_told(struct run *run, json_t **ret, struct err *err);

#endif
