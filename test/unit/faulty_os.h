/* SPDX-License-Identifier: MIT */
/*
 * The real machine, of which one call fails: the one numbered fail_at (from
 * 1) answers -error and does nothing. count tells how many calls there were.
 */
#ifndef WF_TEST_FAULTY_OS_H
#define WF_TEST_FAULTY_OS_H

#include "../../lib/os/os.h"

#include <errno.h>

struct faulty_os {
	struct os os;
	unsigned count, fail_at;
	int error;
	const char *failed; /* name of the call that failed */
};

static int faulty_step_(struct os *os, const char *name)
{
	struct faulty_os *faulty = (struct faulty_os *)os;

	if (++faulty->count != faulty->fail_at)
		return 0;
	faulty->failed = name;
	return -faulty->error;
}

#define FAULTY_(type, name, params, ...) \
	static type faulty_##name##_ params \
	{ \
		int rc = faulty_step_(os, #name); \
		return rc ? rc : os_system()->ops->name(os_system(), __VA_ARGS__); \
	}

FAULTY_(int, open, (struct os * os, const char *path, int flags, mode_t mode), path, flags, mode)
FAULTY_(ssize_t, pread, (struct os * os, int fd, void *data, size_t n, uint64_t offset), fd, data,
	n, offset)
FAULTY_(ssize_t, pwrite, (struct os * os, int fd, const void *data, size_t n, uint64_t offset), fd,
	data, n, offset)
FAULTY_(int, datasync, (struct os * os, int fd), fd)
FAULTY_(int, sync, (struct os * os, int fd), fd)
FAULTY_(int, sync_dir, (struct os * os, const char *path), path)
FAULTY_(int, truncate, (struct os * os, int fd, uint64_t size), fd, size)
FAULTY_(int, direct, (struct os * os, int fd, bool on), fd, on)
FAULTY_(int, fstat, (struct os * os, int fd, struct os_stat *ret), fd, ret)
FAULTY_(int, lstat, (struct os * os, const char *path, struct os_stat *ret), path, ret)
FAULTY_(int, mkdir, (struct os * os, const char *path, mode_t mode), path, mode)
FAULTY_(int, rename, (struct os * os, const char *from, const char *to), from, to)
FAULTY_(int, link, (struct os * os, const char *from, const char *to), from, to)
FAULTY_(int, unlink, (struct os * os, const char *path), path)
FAULTY_(int, rmdir, (struct os * os, const char *path), path)
FAULTY_(int, list,
	(struct os * os, const char *path,
	 int (*each)(void *arg, const char *name, enum os_kind kind), void *arg),
	path, each, arg)
FAULTY_(int, lock, (struct os * os, int fd, bool wait), fd, wait)
FAULTY_(int, lock_query, (struct os * os, int fd), fd)
FAULTY_(int, random, (struct os * os, void *data, size_t n), data, n)

/* As the kernel does, a close that fails has closed. */
static int faulty_close_(struct os *os, int fd)
{
	int rc = faulty_step_(os, "close"), closed = os_system()->ops->close(os_system(), fd);

	return rc ? rc : closed;
}

static int64_t faulty_now_(struct os *os)
{
	(void)os;
	return os_system()->ops->now(os_system());
}

static int64_t faulty_monotonic_(struct os *os)
{
	(void)os;
	return os_system()->ops->monotonic(os_system());
}

static const struct os_ops faulty_ops_ = {
	.open = faulty_open_,
	.close = faulty_close_,
	.pread = faulty_pread_,
	.pwrite = faulty_pwrite_,
	.datasync = faulty_datasync_,
	.sync = faulty_sync_,
	.sync_dir = faulty_sync_dir_,
	.truncate = faulty_truncate_,
	.direct = faulty_direct_,
	.fstat = faulty_fstat_,
	.lstat = faulty_lstat_,
	.mkdir = faulty_mkdir_,
	.rename = faulty_rename_,
	.link = faulty_link_,
	.unlink = faulty_unlink_,
	.rmdir = faulty_rmdir_,
	.list = faulty_list_,
	.lock = faulty_lock_,
	.lock_query = faulty_lock_query_,
	.now = faulty_now_,
	.monotonic = faulty_monotonic_,
	.random = faulty_random_,
};

/* fail_at 0: nothing fails. */
static inline struct faulty_os faulty_os(unsigned fail_at, int error)
{
	return (struct faulty_os){{&faulty_ops_}, 0, fail_at, error, 0};
}

#endif
