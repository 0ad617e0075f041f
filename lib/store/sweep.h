/* SPDX-License-Identifier: MIT */
/*
 * What processes were writing when they died: files and folders named
 * .tmp-<pid>-<start>-<random>, or .new- and so on, which mean nothing. One whose process
 * lives is left alone, unless the folder belongs to who looks (a run's, under its lock).
 */
#ifndef WF_STORE_SWEEP_H
#define WF_STORE_SWEEP_H

#include <stdbool.h>

struct err;
struct os;
struct run;
struct state;

/* Whether that name is of something left behind. owned: nobody else writes here now. */
bool sweep_is_stray(const char *name, bool owned);

/* Told for each; path is borrowed. Non-zero stops, and is returned. */
typedef int sweep_fn(void *arg, const char *path);

/* Look through one folder (absent: nothing there); remove takes away what is found. each may be
 * NULL. */
int sweep_folder(struct os *os, const char *folder, bool owned, bool remove, sweep_fn *each,
		 void *arg, struct err *err);
/* The folders of a run. owned: its lock is held, so only senders to the inbox can be writing. */
int sweep_run(struct run *run, bool owned, bool remove, sweep_fn *each, void *arg, struct err *err);
/* What all runs share: the state directory itself, open/ and modules/. */
int sweep_state(struct state *state, struct err *err);

#endif
