/* SPDX-License-Identifier: MIT */
/*
 * What runs have told and is not yet committed. All that a run tells before
 * its commit is due becomes one commit; all runs that are due together are
 * written as one pack. The first commit of a run is due a moment after it told something, so that a
 * run which is over by then is one commit; the next ones ten times as long
 * after the last as that took, so that a busy run spends a tenth of the time on it.
 */
#ifndef WF_STORE_GIT_QUEUE_H
#define WF_STORE_GIT_QUEUE_H

#include "git_branch.h"

#include <stdbool.h>
#include <stdint.h>

struct err;
struct notes;
struct queue;
struct repo;

/* Called for each run that was committed (or not: err has why). */
typedef void queue_report_fn(void *arg, const char *id, uint64_t seq, const struct err *err);

int queue_new(struct queue **ret, struct repo *repo, queue_report_fn *report, void *arg,
	      struct err *err);
void queue_free(struct queue *q);
/* Takes the notes over, which are then empty. */
int queue_tell(struct queue *q, const char *id, const struct branch_point *point,
	       struct notes *notes, struct err *err);
/* Keep a descriptor (its run's lock; steals it) until the run is released and all it told is
 * committed. */
int queue_hold(struct queue *q, const char *id, int fd, struct err *err);
void queue_release(struct queue *q, const char *id);
/* Milliseconds until something is due; 0: now; -1: nothing waits. */
int queue_wait(const struct queue *q);
/* Commit what is due, or all that is pending. */
void queue_commit(struct queue *q, bool all);
/* Write down what only speeds up those who come later; for when nothing is due. */
void queue_save(struct queue *q, struct err *err);
/* Commits since the queue began, for who decides about maintenance. */
uint64_t queue_commits(const struct queue *q);

#endif
