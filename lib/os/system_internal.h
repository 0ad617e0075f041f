/* SPDX-License-Identifier: MIT */
/* The functions of os_system(), by what they act on; contracts in os.h. */
#ifndef WF_OS_SYSTEM_INTERNAL_H
#define WF_OS_SYSTEM_INTERNAL_H

#include "os.h"

#include <errno.h>

/* system_data.c: open files */
int system_open(struct os *os, const char *path, int flags, mode_t mode);
int system_close(struct os *os, int fd);
ssize_t system_pread(struct os *os, int fd, void *data, size_t n, uint64_t offset);
ssize_t system_pwrite(struct os *os, int fd, const void *data, size_t n, uint64_t offset);
int system_datasync(struct os *os, int fd);
int system_sync(struct os *os, int fd);
int system_truncate(struct os *os, int fd, uint64_t size);
int system_direct(struct os *os, int fd, bool on);
int system_lock(struct os *os, int fd, bool wait);
int system_lock_query(struct os *os, int fd);

/* system_names.c: names and what they stand for */
int system_fstat(struct os *os, int fd, struct os_stat *ret);
int system_lstat(struct os *os, const char *path, struct os_stat *ret);
int system_mkdir(struct os *os, const char *path, mode_t mode);
int system_rename(struct os *os, const char *from, const char *to);
int system_link(struct os *os, const char *from, const char *to);
int system_unlink(struct os *os, const char *path);
int system_rmdir(struct os *os, const char *path);
int system_sync_dir(struct os *os, const char *path);
int system_list(struct os *os, const char *path,
		int (*each)(void *arg, const char *name, enum os_kind kind), void *arg);

/* What a system call returned, as struct os_ops has it. */
static inline int system_result(int value)
{
	return value < 0 ? -errno : value;
}

#endif
