/* SPDX-License-Identifier: MIT */
/*
 * What several checkpoints were about, for the message of the one commit that
 * stands for them: bounded in memory, the first lines and the last ones are
 * kept. On both sides of the committer's socket; no libgit2.
 */
#ifndef WF_STORE_NOTES_H
#define WF_STORE_NOTES_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

enum { NOTES_FIRST = 40, NOTES_LAST = 10 };

struct notes {
	uint64_t count;
	char *first[NOTES_FIRST], *last[NOTES_LAST]; /* owned */
};

/* A line; several lines become one. Steals nothing. */
int notes_add(struct notes *notes, const char *text, size_t n, struct err *err);
/* Lines that were dropped elsewhere, between the ones added before and the last ones. */
void notes_skip(struct notes *notes, uint64_t count);
/* What more says comes after; it is empty then. */
void notes_join(struct notes *notes, struct notes *more);
/* Append the lines to a JSON array; returns how many were left out before the last NOTES_LAST. */
int64_t notes_each(const struct notes *notes, json_t *array);
/* Append the message of a commit: the line itself, or "12 checkpoints: first … last" and all of
 * them. */
void notes_message(const struct notes *notes, uint64_t seq, struct buf *out);
void notes_release(struct notes *notes);

#endif
