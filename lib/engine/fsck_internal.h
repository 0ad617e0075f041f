/* SPDX-License-Identifier: MIT */
/* What the files of fsck share. */
#ifndef WF_ENGINE_FSCK_INTERNAL_H
#define WF_ENGINE_FSCK_INTERNAL_H

#include "../base/error.h"
#include "../model/event.h"
#include "../store/history.h"
#include "../store/run.h"
#include "../store/state.h"
#include "committer.h"
#include "fsck.h"

#include <jansson.h>

struct fsck {
	struct state *state;
	struct committer *committer; /* NULL: branches cannot be looked at */
	bool repair;
	fsck_finding_fn *finding;
	void *arg;
	int left;        /* damage */
	json_t *modules; /* SHA-256 -> what is wrong with it; "": nothing */
};

/* What mends a problem. */
enum fix {
	FIX_NONE,
	FIX_MODE,    /* take the right to write from others */
	FIX_SWEEP,   /* remove what a dead process was writing */
	FIX_TWICE,   /* remove the copy that has less */
	FIX_RESTORE, /* the file, from the branch */
	FIX_SEGMENT, /* of the history: what the branch has of it, and what follows that */
	FIX_MODULE,  /* from the branch */
	FIX_TAIL,    /* cut it */
	FIX_ATTEMPT, /* from the branch, else forget it */
	FIX_TOLD,    /* tags.json, from the history */
	FIX_HALTED,  /* forget it: the next driver finds out */
	FIX_INBOX,   /* set what is no message aside */
	FIX_END,     /* write the result, close the run */
	FIX_COMMIT,  /* what the branch lacks */
};

struct problem {
	bool damage;
	enum fix fix;
	char *file; /* within the run's folder; NULL: none. Owned */
	char *text; /* owned */
};

struct problems {
	struct problem *list;
	size_t count, size;
	bool failed; /* memory ran out */
};

/* One look at one run. */
struct look {
	struct fsck *fsck;
	const char *id;
	char *path;  /* owned; NULL: it has no folder */
	bool closed; /* it is in closed/ */
	bool driven; /* by another process: it changes while we look */
	bool opened; /* run is valid */
	bool sound;  /* its history could be read to the end */
	struct run run;
	struct problems problems;
	json_t *payloads; /* named by the history: name -> true */
	json_t *messages; /* recorded: name -> true */
	json_t *told;     /* what tags.json is to hold; NULL: run is not valid */
	struct event end; /* how it ended */
	bool ended;
	char module[65]; /* that it is pinned to */
	uint64_t steps;
	struct history_position position;
};

/* --- fsck_problem.c --- */
/* Takes nothing over; file may be NULL. */
void problem_add(struct problems *problems, bool damage, enum fix fix, const char *file,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));
/* What an err says, without the advice to run fsck. */
void problem_add_err(struct problems *problems, enum fix fix, const char *file,
		     const struct err *why);
bool problems_have(const struct problems *problems, enum fix fix);
const struct problem *problem_find(const struct problems *problems, const char *text);
void problems_release(struct problems *problems);
/* Tell what was found before and is gone as repaired, the rest as it is. after may be before. */
void problems_report(struct fsck *f, const char *run, const struct problems *before,
		     const struct problems *after);

/* --- one look; each adds to l->problems. 0, or negative when it cannot go on --- */
int look_at(struct look *l, struct fsck *f, const char *id, struct err *err);
void look_release(struct look *l);
char *look_path(const struct look *l, const char *file);
int look_at_files(struct look *l, struct err *err);
int look_at_history(struct look *l, struct err *err);
int look_at_small_files(struct look *l, struct err *err);
int look_at_told(struct look *l, struct err *err);
int look_at_end(struct look *l, struct err *err);
int look_at_module(struct look *l, struct err *err);
int look_at_branch(struct look *l, struct err *err);
/* Kind, owner and mode of one entry. 1 when it can be used, else 0. */
int look_at_entry(struct problems *problems, struct fsck *f, const char *path, const char *shown,
		  const char *file, bool *ret_folder);

/* --- mending, with the run's lock held --- */
int mend_run(struct look *l, int lock_fd, struct err *err);
int mend_segments(struct look *l, struct err *err);
int mend_end(struct look *l, struct err *err);
int mend_twice(struct look *l, struct err *err);
/* Ask for files of the branch: an array (borrowed), into (may be NULL). 1 when any was restored. */
int mend_restore(struct fsck *f, const char *id, json_t *files, const char *into, struct err *err);

int mend_told(struct look *l, struct err *err);

/* --- what is not of one run (fsck_shared.c, fsck_index.c) --- */
int fsck_shared(struct fsck *f, struct err *err);
/* The index of closed runs against their files. */
int fsck_index(struct fsck *f, struct err *err);
/* The committer is of no use any more: say why, and go on without. */
void fsck_lost_committer(struct fsck *f, const struct err *why);
/* What is wrong with modules/<sha256>.so; "": nothing. Borrowed; NULL: no memory. */
const char *fsck_module(struct fsck *f, const char *sha256);

#endif
