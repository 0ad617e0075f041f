/* SPDX-License-Identifier: MIT */
/*
 * Attacks on promise 1: some work of the store that is struck at one of its calls, and what must
 * hold when the disk comes back: all that was acknowledged is there, and nothing that was not at
 * least asked for.
 */
#ifndef WF_TEST_ATTACK_H
#define WF_TEST_ATTACK_H

#include "base/error.h"
#include "simdisk.h"

struct run;
struct state;

/* What one attack knows: what was promised, and the first thing that was found broken. */
struct trial {
	struct simdisk *disk;
	struct os *os;
	uint64_t asked, promised; /* how many things were asked for, and acknowledged */
	char broken[600];
};

struct attack {
	const char *name;
	void (*prepare)(struct trial *t); /* on a quiet disk; synced behind it */
	void (*work)(struct trial *t);    /* struck at the Nth call */
	void (*check)(struct trial *t);   /* after the power came back, or after the process died */
};

extern const struct attack attack_history, attack_pages;
extern const struct attack attack_state, attack_create, attack_close;
extern const struct attack attack_inbox, attack_said;
extern const struct attack attack_replace, attack_files, attack_locks;
extern const struct attack attack_reset, attack_settle;

/* All of them; NULL ends it. */
extern const struct attack *const attacks[];

/* Remember what is broken, unless something is already. */
void broke(struct trial *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The state directory, opened by the next process; .os is NULL when that is broken. Release it. */
struct state attack_state_opened(struct trial *t);
/* A state directory with a run "a". */
void attack_prepare_run(struct trial *t);
/* The same without a run; and the run in it. */
void attack_prepare_state(struct trial *t);
int attack_create_run(struct state *state, const char *id, struct err *err);
/* The next process opens run "a", which must be there, and checks what is in it. */
void attack_check_run(struct trial *t, void (*check_in)(struct trial *t, struct run *run));

/* Who lives on when a call fails leaves nothing half made in folder or below. */
void attack_no_stray(struct trial *t, const char *folder);

#endif
