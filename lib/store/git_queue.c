/* SPDX-License-Identifier: MIT */
#include "git_queue.h"

#include "../base/error.h"
#include "../base/sorted.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_modules.h"
#include "git_repo.h"
#include "notes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FIRST_US = 100 * 1000,
	REST_FACTOR = 25,
	REST_MIN_US = 250 * 1000,
	REST_MAX_US = 2000 * 1000,
	CONFLICTS_MAX = 5
};

struct waiting {
	struct branch branch;
	struct branch_point point;
	struct notes notes;
	int lock_fd; /* -1: none */
	bool pending, failed, released;
	bool chosen, moves; /* in this round */
	int64_t due;        /* us, monotonic; 0: it never told anything */
};

struct queue {
	struct repo *repo;
	struct modules modules;
	struct waiting **runs; /* sorted by id */
	size_t count, cap;
	queue_report_fn *report;
	void *arg;
	uint64_t commits;
};

int queue_new(struct queue **ret, struct repo *repo, queue_report_fn *report, void *arg,
	      struct err *err)
{
	struct queue *q = calloc(1, sizeof *q);

	if (!q)
		return err_nomem(err);
	q->repo = repo;
	q->report = report;
	q->arg = arg;
	*ret = q;
	return 0;
}

static void waiting_free(struct waiting *w)
{
	branch_release(&w->branch);
	notes_release(&w->notes);
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	free(w);
}

void queue_free(struct queue *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < q->count; i++)
		waiting_free(q->runs[i]);
	modules_forget(&q->modules);
	free(q->runs);
	free(q);
}

static int by_id(const void *id, const void *item)
{
	const struct waiting *const *w = item;

	return strcmp(id, (*w)->branch.id);
}

static size_t place(const struct queue *q, const char *id, bool *ret_found)
{
	return sorted_place(q->runs, q->count, sizeof(struct waiting *), id, by_id, ret_found);
}

static struct waiting *find_or_add(struct queue *q, const char *id, struct err *err)
{
	struct waiting **runs, *w;
	bool found;
	size_t at = place(q, id, &found);

	if (found)
		return q->runs[at];
	w = calloc(1, sizeof *w);
	if (!w || !(w->branch.id = strdup(id)))
		goto out;
	w->lock_fd = -1;
	runs = sorted_room(q->runs, q->count, &q->cap, sizeof(*runs), at);
	if (!runs)
		goto out;
	q->runs = runs;
	q->runs[at] = w;
	q->count++;
	return w;
out:
	if (w)
		free(w->branch.id);
	free(w);
	err_nomem(err);
	return NULL;
}

/* Runs that are done with are let go: their lock, and their tree in memory. */
static void let_go(struct queue *q)
{
	size_t kept = 0;

	for (size_t i = 0; i < q->count; i++) {
		struct waiting *w = q->runs[i];

		if (w->released && !w->pending)
			waiting_free(w);
		else
			q->runs[kept++] = w;
	}
	q->count = kept;
}

static int64_t now_us(const struct queue *q)
{
	return q->repo->os->ops->monotonic(q->repo->os);
}

int queue_tell(struct queue *q, const char *id, const struct branch_point *point,
	       struct notes *notes, struct err *err)
{
	struct waiting *w = find_or_add(q, id, err);

	if (!w)
		return -err->code;
	notes_join(&w->notes, notes);
	if (!w->due)
		w->due = now_us(q) + FIRST_US;
	w->point = *point;
	w->pending = true;
	w->released = false;
	return 0;
}

int queue_hold(struct queue *q, const char *id, int fd, struct err *err)
{
	struct waiting *w = find_or_add(q, id, err);

	if (!w) {
		close(fd);
		return -err->code;
	}
	if (w->lock_fd >= 0)
		close(w->lock_fd);
	w->lock_fd = fd;
	w->released = false;
	return 0;
}

void queue_release(struct queue *q, const char *id)
{
	bool found;
	size_t at = place(q, id, &found);

	if (!found)
		return;
	q->runs[at]->released = true;
	q->runs[at]->due = 0;
	let_go(q);
}

int queue_wait(const struct queue *q)
{
	int64_t now = now_us(q), soonest = INT64_MAX;

	for (size_t i = 0; i < q->count; i++)
		if (q->runs[i]->pending && !q->runs[i]->failed && q->runs[i]->due < soonest)
			soonest = q->runs[i]->due;
	if (soonest == INT64_MAX)
		return -1;
	return soonest <= now ? 0 : (int)((soonest - now + 999) / 1000);
}

static void finish(struct queue *q, struct waiting *w, const struct err *err)
{
	w->chosen = false;
	w->failed = err->code != 0;
	w->pending = w->failed;
	w->due = INT64_MAX; /* rest() says */
	if (w->failed) {
		branch_forget(&w->branch);
	} else {
		notes_release(&w->notes);
		q->commits++;
	}
	q->report(q->arg, w->branch.id, w->point.seq, err);
}

/* The trees and commits of all that are chosen, into one pack. */
static int write_round(struct queue *q, struct batch *batch, struct err *err)
{
	for (size_t i = 0; i < q->count; i++) {
		struct waiting *w = q->runs[i];
		struct err own = ERR_INIT;
		int rc;

		if (!w->chosen)
			continue;
		w->point.thorough |= w->released;
		rc = branch_prepare(&w->branch, q->repo, batch, &q->modules, &w->point, &w->notes,
				    &own);
		w->moves = rc == 1;
		if (rc <= 0)
			finish(q, w, &own);
	}
	return batch_write(batch, NULL, err);
}

/* Returns how many must be tried again, because somebody else moved their branch. */
static int settle_round(struct queue *q, const struct err *failed)
{
	int again = 0;

	for (size_t i = 0; i < q->count; i++) {
		struct waiting *w = q->runs[i];
		struct err own = *failed;

		if (!w->chosen)
			continue;
		if (!own.code && branch_settle(&w->branch, q->repo, &own) == 0) {
			branch_forget(&w->branch);
			again++;
		} else {
			finish(q, w, &own);
		}
	}
	return again;
}

static size_t choose(struct queue *q, bool all, int64_t now)
{
	size_t chosen = 0;

	for (size_t i = 0; i < q->count; i++) {
		struct waiting *w = q->runs[i];

		w->chosen = w->pending && (all || (w->due <= now && !w->failed));
		chosen += w->chosen;
	}
	return chosen;
}

/* When the runs that were committed are due again. */
static void rest(struct queue *q, int64_t began)
{
	int64_t now = now_us(q), pause = (now - began) * REST_FACTOR;

	pause = pause < REST_MIN_US ? REST_MIN_US : pause > REST_MAX_US ? REST_MAX_US : pause;
	for (size_t i = 0; i < q->count; i++)
		if (q->runs[i]->due == INT64_MAX)
			q->runs[i]->due = now + pause;
}

void queue_commit(struct queue *q, bool all)
{
	int64_t began = now_us(q);
	int again = 1;

	if (!choose(q, all, began))
		return;
	for (int turn = 0; again && turn < CONFLICTS_MAX; turn++) {
		struct err err = ERR_INIT;
		struct batch batch;

		batch_init(&batch, q->repo->os, q->repo->path);
		if (write_round(q, &batch, &err) < 0)
			modules_forget(&q->modules);
		if (turn == CONFLICTS_MAX - 1 && !err.code)
			err_set(&err, ERR_BUSY,
				"the branch is moved by somebody else all the time");
		again = settle_round(q, &err);
		batch_release(&batch);
	}
	rest(q, began);
	let_go(q);
}

void queue_save(struct queue *q, struct err *err)
{
	modules_save(&q->modules, q->repo, err);
}

uint64_t queue_commits(const struct queue *q)
{
	return q->commits;
}
