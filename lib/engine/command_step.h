/* SPDX-License-Identifier: MIT */
/*
 * One attempt of a command step (wf_exec, wf_shell), inside a worker.
 *
 * The command stays in the worker's process group, so that a signal to the group
 * reaches it and all that it started. Output goes straight into the log files and is read back: a
 * process that the command leaves behind with its output open holds nothing up. With secrets it
 * comes by pipes and is masked on the way to the log; what is left behind writes to nobody then.
 * The attempt is over when the command itself has ended; what it left behind in the group lives at
 * most as long as the worker, what left the group (a daemon) is its own.
 */
#ifndef WF_ENGINE_COMMAND_STEP_H
#define WF_ENGINE_COMMAND_STEP_H

#include "command_log.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct mask;
struct slot;

struct command_logs {
	struct command_log out, err;
};

#define COMMAND_LOGS_INIT \
	{ \
		COMMAND_LOG_INIT, COMMAND_LOG_INIT \
	}

struct strings {
	char **list; /* owned, NULL-terminated once something was added */
	size_t count, room;
};

/* The environment of the last command, which is mostly that of the next. */
struct command_base {
	char *text; /* JSON; NULL: none */
	struct strings variables;
};

struct command_call {
	const char *step, *run_id, *key;
	const char *input; /* JSON text: {"argv":[...]} or {"shell":"..."}, "directory",
			      "environment", "stdin" */
	size_t input_len;
	const char *log_base;  /* NULL: output goes to the scratch files */
	bool log_is_new;       /* no earlier try can have left a file by that name */
	bool signals_changed;  /* the worker may ignore or block other signals than at its start */
	const char *directory; /* NULL: where the worker is */
	const char *environment; /* JSON text: object of strings; NULL: the worker's own */
	const json_t *secrets;   /* added to it: object of strings; NULL: none */
	const struct mask *mask; /* of those; not NULL */
	int attempt;
	bool any_exit;
	size_t capture;
	int scratch_out, scratch_err;
	struct command_logs *logs; /* of the worker, for all its commands */
	struct command_base *base; /* likewise */
	struct slot *slot;         /* shared with the forked child until it executes */
};

/* Appends {"status","stdout","stderr"} (true) or the failure (false) to text. */
bool command_run(const struct command_call *call, struct buf *text);
/* The outcome is on its way: get ready for the next one. */
void command_rest(struct command_logs *logs);

#endif
