/* SPDX-License-Identifier: MIT */
#ifndef WF_CMD_TIMELINE_MORE_H
#define WF_CMD_TIMELINE_MORE_H

#include <stdbool.h>

struct buf;
struct event;

/* What is told of an event of a type that timeline_text has no words for; false: nor have we. */
bool timeline_more(struct buf *out, const struct event *e);

#endif
