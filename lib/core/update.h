/* SPDX-License-Identifier: MIT */
/*
 * Updates: validated (before anything is recorded), accepted by an event, run
 * as a coroutine of the workflow, and their end asked to be recorded.
 */
#ifndef WF_CORE_UPDATE_H
#define WF_CORE_UPDATE_H

#include "mail.h"

struct core;
struct err;
struct event;

/* The handler of that name; NULL: none. */
struct update_handler *update_find_handler(const struct core *core, const char *name);
/* It was accepted: its handler begins. Steals payload. -1: no memory. */
int update_begin(struct core *core, const struct update_handler *handler, const char *id,
		 json_t *payload);
/* The one with this id whose end is not recorded; NULL: none. */
struct update *update_find(const struct core *core, const char *id);
/* Its end is recorded. */
void update_forget(struct core *core, struct update *update);
void updates_release(struct core *core);

#endif
