/* SPDX-License-Identifier: MIT */
/*
 * Named locks of a run (wf_acquire, wf_let_go): what is asked for is tried at once and then
 * whenever the lookout says so; once held, durably for others, the event is recorded and fed. When
 * a driver opens the run it claims again what the history says that it holds; until it has all of
 * that nothing is served: then another run took it after the last driver's death. Internal to the
 * engine.
 */
#ifndef WF_ENGINE_RUNNER_LOCKS_H
#define WF_ENGINE_RUNNER_LOCKS_H

#include <jansson.h>
#include <stdint.h>

struct command;
struct err;
struct runner;

/* Serve COMMAND_ACQUIRE and COMMAND_LET_GO. */
int runner_acquire(struct runner *r, const struct command *command, struct err *err);
int runner_let_go(struct runner *r, const struct command *command, struct err *err);
/* The workflow gave up command cmd. */
void runner_lock_cancel(struct runner *r, uint64_t cmd);
/* After the replay: claim again, and forget what the history does not know. */
int runner_locks_open(struct runner *r, struct err *err);
/* Try again what is waited for. */
void runner_locks_look(struct runner *r);
/* Add the locks to regain to what the run waits for. Steals and returns waits; NULL: no memory. */
json_t *runner_lock_waits(struct runner *r, json_t *waits);
/* The run has ended: let all go. */
void runner_locks_end(struct runner *r);
void runner_locks_close(struct runner *r);

#endif
