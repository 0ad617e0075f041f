/* SPDX-License-Identifier: MIT */
/*
 * Messages from other processes to the driver of a run: files in <run>/inbox/,
 * named <ms since 1970, 16 digits>-<pid>-<counter, 6 digits>-<random>.json so that their names sort
 * in order of sending for each sender. Written, synced, renamed, folder synced: durable when
 * inbox_put returns. The driver records a message in the history ("message": its name) and then
 * removes the file; after a crash between the two the message is known by its name and only
 * removed.
 */
#ifndef WF_STORE_INBOX_H
#define WF_STORE_INBOX_H

#include <jansson.h>

struct err;
struct run;

/* {"kind": "signal"|"update"|"cancel"|"terminate"|"complete"|..., ...}. ret_name (may be NULL):
 * new. */
int inbox_put(struct run *run, json_t *message, char **ret_name, struct err *err);
/* Call each for every message, oldest first; message is borrowed. A file that is no message is
 * moved to inbox/rejected/ and reported to each with message NULL. Stops when each returns
 * non-zero. */
int inbox_each(struct run *run, int (*each)(void *arg, const char *name, json_t *message),
	       void *arg, struct err *err);
int inbox_remove(struct run *run, const char *name, struct err *err);
/* 1 when there is at least one message, else 0. Cheap. */
int inbox_any(struct run *run);

#endif
