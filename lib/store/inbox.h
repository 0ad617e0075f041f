/* SPDX-License-Identifier: MIT */
/*
 * Messages from other processes to the driver of a run: files in <run>/inbox/,
 * named <ms since 1970, 16 digits>-<pid>-<counter, 6 digits>-<random>.json so that their names sort
 * in order of sending for each sender. Written, synced, renamed, folder synced: durable when
 * inbox_put returns. The driver records a message in the history ("message": its name) and then
 * removes the file; after a crash between the two the message is known by its name and only
 * removed.
 *
 * <run>/inbox.lock is held while a message is put, and by the driver from its last look into the
 * inbox until the run has moved to closed/: so no message is promised that nobody will see.
 */
#ifndef WF_STORE_INBOX_H
#define WF_STORE_INBOX_H

#include <jansson.h>

#include <stddef.h>

struct err;
struct os;
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
/* The same under a name of the caller's own (inbox_name_of): to put it again is to put it once. */
int inbox_put_as(struct run *run, json_t *message, const char *name, struct err *err);
/* A name for a message that is sent now; new. */
int inbox_new_name(struct os *os, char **ret, struct err *err);
/* The name of what is sent at that time as the number'th of its sender, told apart by chance; new.
 */
char *inbox_name_of(long long at, unsigned number, unsigned chance);

/* The names of all messages, oldest first: a new array of new texts. */
int inbox_names(struct run *run, char ***ret, size_t *ret_n, struct err *err);
void inbox_names_free(char **names, size_t n);
/* 1: *ret is new; 0: it is gone, or is no message and was moved to inbox/rejected/. */
int inbox_read(struct run *run, const char *name, json_t **ret, struct err *err);

/* From here on nothing is put, until inbox_unseal (ret_fd). */
int inbox_seal(struct run *run, int *ret_fd, struct err *err);
/* fd may be -1. */
void inbox_unseal(struct run *run, int fd);

/* 1 when there is at least one message, else 0. Cheap. */
int inbox_any(struct run *run);

#endif
