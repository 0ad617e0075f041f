/* SPDX-License-Identifier: MIT */
/* Names in folders, by plain system calls. */
#include "system_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_BYTES 8192

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

int system_fstat(struct os *os, int fd, struct os_stat *ret)
{
	struct stat st;

	(void)os;
	if (fstat(fd, &st) < 0)
		return -errno;
	fill_stat(&st, ret);
	return 0;
}

int system_lstat(struct os *os, const char *path, struct os_stat *ret)
{
	struct stat st;

	(void)os;
	if (lstat(path, &st) < 0)
		return -errno;
	fill_stat(&st, ret);
	return 0;
}

int system_mkdir(struct os *os, const char *path, mode_t mode)
{
	(void)os;
	return system_result(mkdir(path, mode));
}

int system_rename(struct os *os, const char *from, const char *to)
{
	(void)os;
	return system_result(rename(from, to));
}

int system_link(struct os *os, const char *from, const char *to)
{
	(void)os;
	return system_result(link(from, to));
}

int system_unlink(struct os *os, const char *path)
{
	(void)os;
	return system_result(unlink(path));
}

int system_rmdir(struct os *os, const char *path)
{
	(void)os;
	return system_result(rmdir(path));
}

int system_sync_dir(struct os *os, const char *path)
{
	int fd = system_open(os, path, O_RDONLY | O_DIRECTORY, 0), rc;

	if (fd < 0)
		return fd;
	rc = system_sync(os, fd);
	system_close(os, fd);
	return rc;
}

static int entry_kind(int folder, const struct dirent64 *entry, enum os_kind *ret)
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
	if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	fill_stat(&st, &converted);
	*ret = converted.kind;
	return 0;
}

/* The entries of one reading. */
static int tell_entries(int fd, const char *data, size_t n,
			int (*each)(void *arg, const char *name, enum os_kind kind), void *arg)
{
	enum os_kind kind = OS_OTHER;
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < n;) {
		const struct dirent64 *entry = (const void *)(data + at);

		at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		rc = entry_kind(fd, entry, &kind);
		if (rc == -ENOENT)
			rc = 0; /* gone since */
		else if (rc == 0)
			rc = each(arg, entry->d_name, kind);
	}
	return rc;
}

/* Without readdir: most folders are small, and are read by the thousand. */
int system_list(struct os *os, const char *path,
		int (*each)(void *arg, const char *name, enum os_kind kind), void *arg)
{
	char data[LIST_BYTES] __attribute__((aligned(__alignof__(struct dirent64))));
	int fd = system_open(os, path, O_RDONLY | O_DIRECTORY, 0), rc = 0;
	ssize_t n;

	if (fd < 0)
		return fd;
	while (rc == 0 && (n = getdents64(fd, data, sizeof data)) != 0)
		rc = n < 0 ? -errno : tell_entries(fd, data, (size_t)n, each, arg);
	close(fd);
	return rc;
}
