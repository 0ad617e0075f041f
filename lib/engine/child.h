/* SPDX-License-Identifier: MIT */
/*
 * The children of a run while it is driven. A child is a run like any other,
 * driven by the same driver beside its parent.
 *
 *   asked -> made (or found, if it is ours) -> driven -> closed -> settled
 *                 ^                                |
 *                 +---- waits for a next attempt --+
 *
 * Where a child stands is read from its own folder alone, so that a death
 * anywhere leaves nothing to mend: a child that is there is adopted when its run.json
 * names us; its end is taken from its history and becomes our child_closed once.
 * A child that somebody else drives is waited for by a look at intervals.
 */
#ifndef WF_ENGINE_CHILD_H
#define WF_ENGINE_CHILD_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct command;
struct driver;
struct err;
struct event;
struct kid;
struct runner;

/* COMMAND_CHILD. */
int kid_start(struct runner *r, const struct command *command, struct err *err);
/* The parent's workflow wants it no longer: it is asked to cancel. */
int kid_cancel(struct runner *r, uint64_t cmd, struct err *err);
/* For each event replayed: which children were made and have not closed. */
int kid_known(struct runner *r, const struct event *event, struct err *err);
/* The end of r is about to be recorded: its open children are told, by their policy. */
int kids_parent_ends(struct runner *r, struct err *err);
/* A run that was driven here has come to its end (or rests): its parent is told. */
void kid_ended(struct kid *kid);
/* A run is no longer driven here, whatever its parent waits for. */
void kid_leave(struct runner *r);
/* Whether nothing is to be expected of them soon. */
bool kids_idle(const struct runner *r);
/* When the next of them is to be tried again, by the clock of r; 0: none is. Begin it. */
int64_t kids_due(const struct runner *r);
void kids_wake(struct runner *r);
/* Whether all that r waits for is children that cannot go on without help. */
bool kids_stuck(const struct runner *r);
/* Let go of them; they are driven on. */
void kids_free(struct runner *r);

#endif
