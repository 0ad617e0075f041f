/* SPDX-License-Identifier: MIT */
/* The machine itself, by plain system calls. */
#include "os.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int result(int value)
{
	return value < 0 ? -errno : value;
}

static int sys_open(struct os *os, const char *path, int flags, mode_t mode)
{
	int fd;

	(void)os;
	do
		fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, mode);
	while (fd < 0 && errno == EINTR);
	return result(fd);
}

static int sys_close(struct os *os, int fd)
{
	(void)os;
	/* Linux lets go of fd also when close is interrupted */
	if (close(fd) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static ssize_t sys_pread(struct os *os, int fd, void *data, size_t n, uint64_t offset)
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

static ssize_t sys_pwrite(struct os *os, int fd, const void *data, size_t n, uint64_t offset)
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
static int sys_datasync(struct os *os, int fd)
{
	int rc;

	(void)os;
	do
		rc = fdatasync(fd);
	while (rc < 0 && errno == EINTR);
	return result(rc);
}

static int sys_sync(struct os *os, int fd)
{
	int rc;

	(void)os;
	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	return result(rc);
}

static int sys_sync_dir(struct os *os, const char *path)
{
	int fd = sys_open(os, path, O_RDONLY | O_DIRECTORY, 0), rc;

	if (fd < 0)
		return fd;
	rc = sys_sync(os, fd);
	sys_close(os, fd);
	return rc;
}

static int sys_truncate(struct os *os, int fd, uint64_t size)
{
	int rc;

	(void)os;
	do
		rc = ftruncate(fd, (off_t)size);
	while (rc < 0 && errno == EINTR);
	return result(rc);
}

static void fill_stat(const struct stat *st, struct os_stat *ret)
{
	ret->kind = S_ISREG(st->st_mode)   ? OS_FILE
		    : S_ISDIR(st->st_mode) ? OS_DIRECTORY
		    : S_ISLNK(st->st_mode) ? OS_LINK
					   : OS_OTHER;
	ret->size = (uint64_t)st->st_size;
	ret->mode = st->st_mode & 07777;
	ret->uid = st->st_uid;
	ret->mtime = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
	ret->inode = st->st_ino;
}

static int sys_fstat(struct os *os, int fd, struct os_stat *ret)
{
	struct stat st;

	(void)os;
	if (fstat(fd, &st) < 0)
		return -errno;
	fill_stat(&st, ret);
	return 0;
}

static int sys_lstat(struct os *os, const char *path, struct os_stat *ret)
{
	struct stat st;

	(void)os;
	if (lstat(path, &st) < 0)
		return -errno;
	fill_stat(&st, ret);
	return 0;
}

static int sys_mkdir(struct os *os, const char *path, mode_t mode)
{
	(void)os;
	return result(mkdir(path, mode));
}

static int sys_rename(struct os *os, const char *from, const char *to)
{
	(void)os;
	return result(rename(from, to));
}

static int sys_link(struct os *os, const char *from, const char *to)
{
	(void)os;
	return result(link(from, to));
}

static int sys_unlink(struct os *os, const char *path)
{
	(void)os;
	return result(unlink(path));
}

static int sys_rmdir(struct os *os, const char *path)
{
	(void)os;
	return result(rmdir(path));
}

static int entry_kind(DIR *dir, const struct dirent *entry, enum os_kind *ret)
{
	struct os_stat converted;
	struct stat st;

	switch (entry->d_type) {
	case DT_REG:
		*ret = OS_FILE;
		return 0;
	case DT_DIR:
		*ret = OS_DIRECTORY;
		return 0;
	case DT_LNK:
		*ret = OS_LINK;
		return 0;
	case DT_UNKNOWN:
		break;
	default:
		*ret = OS_OTHER;
		return 0;
	}
	if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	fill_stat(&st, &converted);
	*ret = converted.kind;
	return 0;
}

static int sys_list(struct os *os, const char *path,
		    int (*each)(void *arg, const char *name, enum os_kind kind), void *arg)
{
	int fd = sys_open(os, path, O_RDONLY | O_DIRECTORY, 0), rc = 0;
	struct dirent *entry;
	enum os_kind kind = OS_OTHER;
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		rc = -errno;
		close(fd);
		return rc;
	}
	while (rc == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		rc = entry_kind(dir, entry, &kind);
		if (rc == -ENOENT)
			rc = 0; /* gone since */
		else if (rc == 0)
			rc = each(arg, entry->d_name, kind);
	}
	if (rc == 0 && !entry)
		rc = -errno;
	closedir(dir);
	return rc;
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

static int sys_lock(struct os *os, int fd, bool wait)
{
	struct flock lock;

	(void)os;
	return lock_call(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

static int sys_lock_query(struct os *os, int fd)
{
	struct flock lock;
	int rc = lock_call(fd, F_OFD_GETLK, &lock);

	(void)os;
	if (rc < 0)
		return rc;
	return lock.l_type == F_UNLCK ? OS_LOCK_FREE : OS_LOCK_HELD;
}

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
	.open = sys_open,
	.close = sys_close,
	.pread = sys_pread,
	.pwrite = sys_pwrite,
	.datasync = sys_datasync,
	.sync = sys_sync,
	.sync_dir = sys_sync_dir,
	.truncate = sys_truncate,
	.fstat = sys_fstat,
	.lstat = sys_lstat,
	.mkdir = sys_mkdir,
	.rename = sys_rename,
	.link = sys_link,
	.unlink = sys_unlink,
	.rmdir = sys_rmdir,
	.list = sys_list,
	.lock = sys_lock,
	.lock_query = sys_lock_query,
	.now = sys_now,
	.monotonic = sys_monotonic,
	.random = sys_random,
};

struct os *os_system(void)
{
	static struct os machine = {&system_ops};

	return &machine;
}
