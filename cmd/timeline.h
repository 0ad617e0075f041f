/* SPDX-License-Identifier: MIT */
/* An event of a history as a line for people. */
#ifndef WF_CMD_TIMELINE_H
#define WF_CMD_TIMELINE_H

#include <stdbool.h>

struct buf;
struct event;

/* "    12  03:00:01.250  archive: completed (attempt 2, 1.3 s)" and a line break; columns: cut
 * there, 0: never. */
void timeline_add(struct buf *out, const struct event *event, unsigned columns, bool color);
/* The same for the day that a line of its own tells where the date changes. */
void timeline_day(struct buf *out, const struct event *event, bool color);

/* Only what happened: "archive: completed (attempt 2, 1.3 s)". */
void timeline_text(struct buf *out, const struct event *event);

#endif
