/* SPDX-License-Identifier: MIT */
/* A point of a history, as people name it, and what lies behind it. */
#ifndef WF_ENGINE_POINT_H
#define WF_ENGINE_POINT_H

#include <jansson.h>
#include <stdint.h>

struct err;
struct os;

struct point {
	uint64_t seq;    /* the last event that stays */
	uint64_t last;   /* the last there is */
	unsigned resets; /* how often the run was reset so far */
	json_t *behind;  /* owned: array of the messages that were received after it, as events */
};

/*
 * word: the number of an event, which stays; the name of a step: everything before the outcome that
 * it had last; "last-failure": before the last failure of a step; "last": everything but the end.
 * ERR_USAGE when there is no such point.
 */
int point_find(struct point *ret, struct os *os, const char *dir, const char *word,
	       struct err *err);
void point_release(struct point *point);

#endif
