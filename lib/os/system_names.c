/* SPDX-License-Identifier: MIT */
/* Names in folders, by plain system calls. */
#include "system_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

int system_list(struct os *os, const char *path,
		int (*each)(void *arg, const char *name, enum os_kind kind), void *arg)
{
	int fd = system_open(os, path, O_RDONLY | O_DIRECTORY, 0), rc = 0;
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
