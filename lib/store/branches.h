/* SPDX-License-Identifier: MIT */
/* What can be told of the branches of runs without git's library. */
#ifndef WF_STORE_BRANCHES_H
#define WF_STORE_BRANCHES_H

#include <stdbool.h>

struct state;

/* Whether git may know the run: it has its branch, or runs are folded there. Cheap. */
bool branches_may_have(struct state *state, const char *id);

#endif
