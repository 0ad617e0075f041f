/* SPDX-License-Identifier: MIT */
/*
 * Asking a run: its history is read and replayed in this process, which never
 * writes to it and takes no lock; so a driver is not disturbed, and a run that
 * has ended can be asked too.
 *
 * Queries that every run answers, unless its workflow has one of that name:
 *   stack    where each coroutine stands
 *   waits    what the run waits for, as `waiting` of wf-json(5)
 *   queries  names of what can be sent or asked: {"signals","queries","updates"}
 */
#ifndef WF_ENGINE_QUERY_H
#define WF_ENGINE_QUERY_H

#include <jansson.h>

struct err;
struct state;

/* 0 and the answer, or 1 and an error {"type","message"}; ret is new. Negative: the run cannot be
 * replayed. */
int query_run(struct state *state, const char *id, const char *name, const json_t *argument,
	      json_t **ret, struct err *err);

#endif
