/* SPDX-License-Identifier: MIT */
/*
 * Tags, memo and details of a run: recorded in the history, and kept beside it in <run>/tags.json
 * as they are now, so that lists need not read histories. A death between the two leaves an older
 * tags.json, which the next driver of the run replaces. Internal to the engine.
 */
#ifndef WF_ENGINE_RUNNER_TOLD_H
#define WF_ENGINE_RUNNER_TOLD_H

struct command;
struct err;
struct event;
struct runner;

/* Serve COMMAND_TELL. */
int runner_tell(struct runner *r, const struct command *command, struct err *err);
/* An event of the history, replayed or new. */
int runner_told(struct runner *r, const struct event *event, struct err *err);
/* Write tags.json if what it holds has changed. */
void runner_told_keep(struct runner *r);

#endif
