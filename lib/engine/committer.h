/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of the committer: a separate program (wf-committer, in the
 * private libexec folder) that alone loads libgit2. It is started early, in
 * parallel, and told what became durable; it commits off the critical path,
 * at once when the run is slow, grouped under load. It inherits the run locks, so
 * that no new driver begins before it has finished.
 *
 * The talk is JSON lines over a socket pair on the committer's descriptor 3:
 *   -> {"do":"commit","run":ID,"closed":false,"segment":2,"offset":8123,"seq":99,"message":"charge: completed (attempt 2, 1.3 s)"}
 *   -> {"do":"flush"}                 commit all that is pending, then answer {"flushed":true}
 *   -> {"do":"restore","run":ID}      rebuild missing files of a run from its branch
 *   -> {"do":"maintain"}              pack loose objects, fold old refs, as limits say
 *   <- {"error":"...","run":ID}       a line for every failure; the run goes on, fsck mends it
 * When the socket closes, it finishes what is pending and exits.
 */
#ifndef WF_ENGINE_COMMITTER_H
#define WF_ENGINE_COMMITTER_H

#include <jansson.h>
#include <stdint.h>

struct err;
struct history_position;
struct state;
struct committer;

/* Start it for a state directory; returns before it is ready. lock_fds: inherited by it. */
int committer_start(struct committer **ret, struct state *state, struct err *err);
/* Tell that a run is durable up to position. message: one line for people, or NULL to join what is pending. */
void committer_commit(struct committer *c, const char *run_id, const struct history_position *position,
		      const char *message);
/* Wait until everything told so far is committed; its complaints, if any, are in err (a warning for the user, exit 0). */
int committer_flush(struct committer *c, struct err *err);
/* Any other request; waits for the answer (new), whose form is the request's. */
int committer_ask(struct committer *c, json_t *request, json_t **ret_answer, struct err *err);
/* Flush, close, reap, free. */
int committer_finish(struct committer *c, struct err *err);
/* For a signal handler in a dying driver: close the socket and wait for it. Async-signal-safe. */
void committer_abandon(struct committer *c);

#endif
