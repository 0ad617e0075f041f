/* SPDX-License-Identifier: MIT */
/*
 * The language of --where: which runs are meant.
 *
 *   workflow = order and status = failed and total > 100
 *   created > -2d and not (id starts-with test- or owner is null)
 *   status in (failed, terminated) and duration between 1m and 1h30m
 *
 * Fields: id workflow status parent (texts), created updated closed (times), duration, steps; every
 * other name, and every name in quotes, is a tag. Operators: = != < > <= >= in between starts-with
 * is null, and or not, parentheses. A value is a word, or text in '...' or "..."; times are
 * '2026-11-01', '2026-11-01 03:00[:00]' (local; with Z: UTC), or -2d: so long ago; durations as
 * 1h30m, a bare number is seconds.
 *
 * What a run does not have is null: every comparison with it is false, also !=. Values of unlike
 * types are unequal and in no order. A tag that is a list equals what is in it.
 */
#ifndef WF_MODEL_FILTER_H
#define WF_MODEL_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct filter;

#define FILTER_LONGEST 65536
#define FILTER_DEEPEST 100

/* One run, as a filter sees it. */
struct filter_subject {
	const char *id, *workflow, *status, *parent; /* NULL: null; not NUL-terminated texts are not
							allowed */
	int64_t created, updated, closed;            /* ms since 1970; closed 0: null */
	int64_t now;                                 /* duration of what is open: up to now */
	uint64_t steps;
	const json_t *tags; /* NULL: none */
};

/* now: what -2d counts from. ERR_USAGE: one line with the column. New. */
int filter_parse(struct filter **ret, const char *text, int64_t now, struct err *err);
void filter_free(struct filter *filter);
bool filter_holds(const struct filter *filter, const struct filter_subject *subject);
/* Whether any tag is asked for. */
bool filter_needs_tags(const struct filter *filter);

#endif
