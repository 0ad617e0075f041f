/* SPDX-License-Identifier: MIT */
/* Events against commands. */
#ifndef WF_CORE_MATCH_H
#define WF_CORE_MATCH_H

#include "machine.h"

/*
 * Apply one event that is no note: check it against what the workflow has
 * asked for (promise 4) and settle a future, if it answers one.
 */
int match_event(struct core *core, const struct event *event, struct err *err);

#endif
