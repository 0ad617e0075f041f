/* SPDX-License-Identifier: MIT */
/* Waiting for files to change, by the kernel's notification; where it gives none, by looking again
 * every second. */
#ifndef WF_CMD_WATCH_H
#define WF_CMD_WATCH_H

#include <stdint.h>

struct watch {
	int fd; /* -1: none is to be had */
};

void watch_open(struct watch *ret);
/* Watch what comes, goes and is written in a folder, and the folder's own moving away. What is not
 * there is passed over; to watch one twice does no harm. */
void watch_add(struct watch *watch, const char *folder);
/* Return when something changed, at the latest after ms (negative: never). May return early. */
void watch_wait(struct watch *watch, int64_t ms);
void watch_close(struct watch *watch);

#endif
