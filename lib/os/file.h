/* SPDX-License-Identifier: MIT */
/*
 * Files as the store uses them, on any struct os.
 *
 * os_replace is the one way to change a file that is not appended to: write a
 * temporary beside it, fsync, rename, fsync the folder. A crash in the middle
 * leaves the old file, or the new one, and perhaps a temporary named
 * ".tmp-<pid>-<start>-<random>" that the next sweep removes.
 */
#ifndef WF_OS_FILE_H
#define WF_OS_FILE_H

#include "os.h"

struct buf;
struct err;

/* The whole file, at most limit bytes, into ret (appended). ERR_NOT_FOUND, ERR_SYSTEM, ERR_DAMAGED
 * when larger or not a regular file. */
int os_read_file(struct os *os, const char *path, size_t limit, struct buf *ret, struct err *err);
/* Replace path durably. */
int os_replace(struct os *os, const char *path, const void *data, size_t n, mode_t mode,
	       struct err *err);
/* The same without any fsync: survives a crash of the process, not of the machine. */
int os_replace_soft(struct os *os, const char *path, const void *data, size_t n, mode_t mode,
		    struct err *err);
/* mkdir unless it is there; then it must be a folder. *ret_made (may be NULL) tells whether it was
 * made. */
int os_make_dir(struct os *os, const char *path, mode_t mode, bool *ret_made, struct err *err);
/* Copy a file durably and atomically to path. */
int os_copy_file(struct os *os, const char *from, const char *to, mode_t mode, struct err *err);
/* Remove a folder and all in it; what is not there is no error. Never follows links. */
int os_remove_tree(struct os *os, const char *path, struct err *err);
bool os_exists(struct os *os, const char *path);
/* 1 when something is there, 0 when nothing is. What cannot be looked at is neither: negative. */
int os_look(struct os *os, const char *path, struct err *err);
/* Make durable what is in a file. */
int os_sync_file(struct os *os, const char *path, struct err *err);

#endif
