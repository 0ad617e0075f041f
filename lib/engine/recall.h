/* SPDX-License-Identifier: MIT */
/*
 * Runs of which there are no files come back from git when they are named:
 * closed ones whose files were pruned, and those whose branch was fetched from
 * another machine. A death on the way leaves nothing of it, or the whole run.
 */
#ifndef WF_ENGINE_RECALL_H
#define WF_ENGINE_RECALL_H

struct committer;
struct state;

/* From now on run_open brings them back, by a committer of its own. */
void recall_enable(struct state *state);
/* The same by one that runs (borrowed), until recall_enable. */
void recall_by(struct state *state, struct committer *committer);
/* No longer. */
void recall_disable(struct state *state);

#endif
