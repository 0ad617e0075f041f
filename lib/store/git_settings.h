/* SPDX-License-Identifier: MIT */
/*
 * The settings of a state directory, config.yaml, on branch main: its history
 * tells who set what, and when; and a clone of the repository has them.
 *
 * The file is the truth, main follows. Objects are durable before main moves,
 * by compare-and-swap, and git's index comes last: a death between any two leaves a main
 * that is behind or an index that is, and the next call mends either. What else
 * is on main stays there. A commit that somebody makes with git is as good as ours.
 */
#ifndef WF_STORE_GIT_SETTINGS_H
#define WF_STORE_GIT_SETTINGS_H

#include <stdbool.h>

struct err;
struct repo;

/* Whether main has config.yaml as it is: *ret_same. commit: see to it that it has; *ret_same is
 * true then, or false when somebody else moves main at this moment. */
int git_settings(struct repo *repo, bool commit, bool *ret_same, struct err *err);

#endif
