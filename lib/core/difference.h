/* SPDX-License-Identifier: MIT */
/* Where two JSON values part, and why that may be. */
#ifndef WF_CORE_DIFFERENCE_H
#define WF_CORE_DIFFERENCE_H

#include <jansson.h>
#include <stdint.h>

struct buf;

struct difference {
	const json_t *expected, *actual; /* borrowed; NULL: absent on that side */
};

/* The first difference; its path, as jq writes it, is appended to path. The values must differ. */
struct difference difference_find(const json_t *expected, const json_t *actual, struct buf *path);
/* What it looks like: a borrowed sentence. now: a time near the run's, in milliseconds since 1970.
 */
const char *difference_cause(const struct difference *difference, int64_t now);

#endif
