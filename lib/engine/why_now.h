/* SPDX-License-Identifier: MIT */
/* Where a command stands: from its outcome, or from what the files say while it has none. Internal
 * to why.c. */
#ifndef WF_ENGINE_WHY_NOW_H
#define WF_ENGINE_WHY_NOW_H

#include <jansson.h>

struct err;
struct past;

/* Add "state" to each of the commands, and what belongs to it. */
int why_now(struct past *past, json_t *commands, struct err *err);

#endif
