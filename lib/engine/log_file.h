/* SPDX-License-Identifier: MIT */
/*
 * Files of output, <run>/logs/<nnn>/<file>. Most runs say nothing: so the two folders are made with
 * the first file that gets a name in them. The run's own folder never is: who is late, after it has
 * moved or gone, makes nothing.
 */
#ifndef WF_ENGINE_LOG_FILE_H
#define WF_ENGINE_LOG_FILE_H

#include <stdbool.h>

/* open(2) with O_CREAT and flags. A descriptor, or -1 with errno. */
int log_file_open(const char *path, int flags);
/* A file without a name on the file system of path: in its folder, or above that where it is not
 * made yet. namable: log_file_name is to work. A descriptor, or -1 with errno. */
int log_file_unnamed(const char *path, bool namable);
/* Give it the name. 0, or -1 with errno. */
int log_file_name(int fd, const char *path);
/* What opens the file of a descriptor again, one without a name too. */
const char *log_file_again(int fd, char (*ret)[40]);

#endif
