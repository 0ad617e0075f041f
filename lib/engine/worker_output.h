/* SPDX-License-Identifier: MIT */
/*
 * What step functions print. Descriptors 1 and 2 of a worker are two files without a name, opened
 * by the driver, which outlive the worker; after each attempt what is in them moves to the
 * attempt's log. So a silent step costs no file, and no death leaves one behind.
 */
#ifndef WF_ENGINE_WORKER_OUTPUT_H
#define WF_ENGINE_WORKER_OUTPUT_H

#include <stddef.h>

struct buf;
struct mask;

/* A file without a name, where possible on the file system of log_base (may be NULL). A descriptor
 * above 2, or -1 with errno. */
int scratch_open(const char *log_base);
/* Move what is in it, if anything, masked, to <log_base>.<end>; log_base NULL: drop it. */
void scratch_collect(int fd, const char *log_base, const char *end, const struct mask *mask);
/* Append the last at most max bytes of a file as a JSON string; nothing when it is empty. prefix
 * comes before it. */
void scratch_tail(int fd, size_t max, const char *prefix, struct buf *out);
/* The same descriptor, or a copy above 2 in its place; -1 with errno, and it is closed. */
int fd_above_stdio(int fd);

#endif
