/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of the committer: a separate program (wf-committer, in the
 * private libexec folder) that alone loads libgit2. It is started early, in
 * parallel, and told what became durable; it commits off the critical path,
 * at once when the run is slow, grouped under load. It is handed the run locks, so
 * that no new driver begins before it has finished.
 *
 * Nothing here waits for the disk but flush, ask and finish. At most one position of
 * a run is on its way at a time; what the run tells meanwhile is gathered here.
 * A committer that dies is started once more and told all that it had not
 * confirmed; after that its runs go on without commits, and fsck mends the branches.
 *
 * The talk is JSON lines over a socket pair on the committer's descriptor 3:
 *   -> {"do":"commit","run":ID,"closed":false,"segment":2,"offset":8123,"seq":99,"message":"charge:
 * completed (attempt 2, 1.3 s)"}
 *      ("messages":[...] in place of "message" when there are several, "skipped":N when some were
 * left out before the last ten)
 *   -> {"do":"hold","run":ID}         the run's lock comes beside this line
 *   -> {"do":"release","run":ID}      let go of it once all that the run told is committed
 *   -> {"do":"flush","ask":N}         commit all that is pending, then answer
 * {"flushed":true,"ask":N}
 *   -> {"do":"restore","run":ID}      rebuild missing files of a run from its branch; "files",
 * "only", "into": git_restore.h
 *   -> {"do":"reset","run":ID,"point":P,"now":P,"message":"..."}  the run goes on from an earlier
 * point, P: {"seq":5,"segment":1,"offset":812}
 *   -> {"do":"fork","run":NEW,"of":ID,"point":P,"now":P,"message":"..."}
 *   -> {"do":"aside","run":ID}        another run takes the id: what the branch has is left, {}
 *   -> {"do":"settings","commit":true}   branch main is to have config.yaml as it is; with "ask",
 * and without "commit", whether it has: {"same":true}
 *   -> {"do":"maintain"}              pack loose objects, fold old refs, as limits say
 *   <- {"ready":ID,"seq":99}          this position was dealt with: the next may come
 *   <- {"error":"...","run":ID}       a line for every failure; the run goes on, fsck mends it
 *   <- {"ask":N,...}                  the answer to a request with that "ask"
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

/* Start it for a state directory; returns before it is ready. */
int committer_start(struct committer **ret, struct state *state, struct err *err);
/* Branch main is to have config.yaml as it is now; later, if it dies of that. */
int committer_settings(struct committer *c, struct err *err);
/* Tell that a run is durable up to position. message: one line for people, or NULL to join what is
 * pending. */
void committer_commit(struct committer *c, const char *run_id,
		      const struct history_position *position, const char *message);
/* Give it a share of a run's lock (borrowed: it gets a copy), until committer_release or the end.
 */
int committer_hold(struct committer *c, const char *run_id, int lock_fd, struct err *err);
/* The run is done with here: it lets go of the lock once all that was told is committed. */
void committer_release(struct committer *c, const char *run_id);
/* A descriptor that is readable when committer_turn has something to do; -1 when there is none.
 * Another one after committer_turn had to start it again. */
int committer_fd(const struct committer *c);
/* Take in what it says and send what waits for that; never blocks. */
void committer_turn(struct committer *c);
/* Everything told so far is to be committed now; does not wait. */
void committer_hurry(struct committer *c);
/* Wait until everything told so far is committed; its complaints, if any, are in err (a warning for
 * the user, exit 0). */
int committer_flush(struct committer *c, struct err *err);
/* Any other request; waits for the answer (new), whose form is the request's. */
int committer_ask(struct committer *c, json_t *request, json_t **ret_answer, struct err *err);
/* Flush, close, reap, free. */
int committer_finish(struct committer *c, struct err *err);
/* For a signal handler in a dying driver: close the socket and wait for it. Async-signal-safe. */
void committer_abandon(struct committer *c);

#endif
