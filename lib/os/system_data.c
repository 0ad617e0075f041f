/* SPDX-License-Identifier: MIT */
/* Open files, by plain system calls. */
#include "system_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int system_open(struct os *os, const char *path, int flags, mode_t mode)
{
	int fd;

	(void)os;
	do
		fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
	while (fd < 0 && errno == EINTR);
	return system_result(fd);
}

int system_close(struct os *os, int fd)
{
	(void)os;
	/* Linux lets go of fd also when close is interrupted */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

ssize_t system_pread(struct os *os, int fd, void *data, size_t n, uint64_t offset)
{
	size_t done = 0;

	(void)os;
	while (done < n) {
		ssize_t got = pread(fd, (char *)data + done, n - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

ssize_t system_pwrite(struct os *os, int fd, const void *data, size_t n, uint64_t offset)
{
	size_t done = 0;

	(void)os;
	while (done < n) {
		ssize_t put = pwrite(fd, (const char *)data + done, n - done,
				     (off_t)(offset + done));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		if (put == 0)
			return -EIO;
		done += (size_t)put;
	}
	return (ssize_t)done;
}

/*
 * A failed sync may have thrown the dirty pages away, so only an interrupted
 * one, which has not yet begun to fail, is called again.
 */
int system_datasync(struct os *os, int fd)
{
	int rc;

	(void)os;
	do
		rc = fdatasync(fd);
	while (rc < 0 && errno == EINTR);
	return system_result(rc);
}

int system_sync(struct os *os, int fd)
{
	int rc;

	(void)os;
	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	return system_result(rc);
}

int system_truncate(struct os *os, int fd, uint64_t size)
{
	int rc;

	(void)os;
	do
		rc = ftruncate(fd, (off_t)size);
	while (rc < 0 && errno == EINTR);
	return system_result(rc);
}

/* What direct writes of this file must be aligned to; 0 when there are none, or the kernel (before
 * 6.1) does not say. */
static int direct_unit(int fd)
{
#ifdef STATX_DIOALIGN
	struct statx st;
	unsigned unit;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &st) < 0)
		return -errno;
	if (!(st.stx_mask & STATX_DIOALIGN))
		return 0;
	unit = st.stx_dio_offset_align;
	return unit <= OS_DIRECT_MAX && st.stx_dio_mem_align <= OS_DIRECT_MAX ? (int)unit : 0;
#else
	(void)fd;
	return 0;
#endif
}

int system_direct(struct os *os, int fd, bool on)
{
	int unit = on ? direct_unit(fd) : 0, flags;

	(void)os;
	if (unit < 0 || (on && unit == 0))
		return unit;
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) < 0)
		return -errno;
	return unit;
}

/* A lock of the open file description: fork shares it, no other open of the file does. */
static int lock_call(int fd, int command, struct flock *lock)
{
	int rc;

	*lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
	do
		rc = fcntl(fd, command, lock);
	while (rc < 0 && errno == EINTR);
	if (rc < 0)
		return errno == EACCES ? -EAGAIN : -errno;
	return 0;
}

int system_lock(struct os *os, int fd, bool wait)
{
	struct flock lock;

	(void)os;
	return lock_call(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

int system_lock_query(struct os *os, int fd)
{
	struct flock lock;
	int rc = lock_call(fd, F_OFD_GETLK, &lock);

	(void)os;
	if (rc < 0)
		return rc;
	return lock.l_type == F_UNLCK ? OS_LOCK_FREE : OS_LOCK_HELD;
}
