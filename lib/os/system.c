/* SPDX-License-Identifier: MIT */
/* The machine itself: clocks, chance, and the table of all its functions. */
#include "system_internal.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/*
 * wf interposes clock_gettime and getrandom for workflow code; elsewhere the
 * interposed clock_gettime passes through to the vdso, which is the fast way.
 * getrandom has no such way, and its interposed form may come here for the
 * bytes of a seed: the kernel is asked directly, so that it never recurses.
 */
static int64_t clock_read(clockid_t clock, int64_t per_second)
{
	struct timespec t;

	if (clock_gettime(clock, &t) < 0)
		return -errno;
	return (int64_t)t.tv_sec * per_second + t.tv_nsec / (1000000000 / per_second);
}

static int64_t sys_now(struct os *os)
{
	(void)os;
	return clock_read(CLOCK_REALTIME, 1000);
}

static int64_t sys_monotonic(struct os *os)
{
	(void)os;
	return clock_read(CLOCK_MONOTONIC, 1000000);
}

static int sys_random(struct os *os, void *data, size_t n)
{
	size_t done = 0;

	(void)os;
	while (done < n) {
		long got = syscall(SYS_getrandom, (char *)data + done, n - done, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		done += (size_t)got;
	}
	return 0;
}

static const struct os_ops system_ops = {
	.open = system_open,
	.close = system_close,
	.pread = system_pread,
	.pwrite = system_pwrite,
	.datasync = system_datasync,
	.sync = system_sync,
	.sync_dir = system_sync_dir,
	.truncate = system_truncate,
	.direct = system_direct,
	.fstat = system_fstat,
	.lstat = system_lstat,
	.mkdir = system_mkdir,
	.rename = system_rename,
	.link = system_link,
	.unlink = system_unlink,
	.rmdir = system_rmdir,
	.list = system_list,
	.lock = system_lock,
	.lock_query = system_lock_query,
	.now = sys_now,
	.monotonic = sys_monotonic,
	.random = sys_random,
};

struct os *os_system(void)
{
	static struct os machine = {&system_ops};

	return &machine;
}
