/* SPDX-License-Identifier: MIT */
/* The calls of the simulated disk that take a handle. */
#include "simdisk_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct handle *handle_of(struct simdisk *disk, int fd)
{
	struct handle *h = fd >= SIMDISK_HANDLE_BASE && fd < SIMDISK_HANDLE_BASE + HANDLES
				   ? &disk->handles[fd - SIMDISK_HANDLE_BASE]
				   : NULL;
	return h && h->inode ? h : NULL;
}

int sim_open(struct os *os, const char *path, int flags, mode_t mode)
{
	struct simdisk *disk = disk_of(os);
	struct inode *folder, *inode;
	char name[256];
	int fd = 0, found;
	CALL(disk, flags & O_CREAT ? SIM_CREATE : SIM_OPEN, rc);

	found = sim_walk(disk, path, &folder, name);
	if (found < 0)
		return found;
	inode = name[0] ? names_get(folder->names, name) : disk->root;
	if (inode && (flags & O_CREAT) && (flags & O_EXCL))
		return -EEXIST;
	if (!inode && !(flags & O_CREAT))
		return -ENOENT;
	if (inode && inode->kind == OS_DIRECTORY && (flags & O_ACCMODE) != O_RDONLY)
		return -EISDIR;
	while (fd < HANDLES && disk->handles[fd].inode)
		fd++;
	if (fd == HANDLES)
		return -EMFILE;
	if (!inode) {
		inode = inode_new(disk, OS_FILE, mode);
		deed_do(disk, inode, &(struct change){folder, name, inode}, 1);
	} else if (flags & O_TRUNC) {
		file_resize(inode, 0);
	}
	if (fate == CUT_AFTER)
		return -EIO;
	disk->handles[fd] = (struct handle){inode, flags, false};
	return SIMDISK_HANDLE_BASE + fd;
}

int sim_close(struct os *os, int fd)
{
	struct handle *h = handle_of(disk_of(os), fd);

	if (!h)
		return -EBADF;
	if (h->inode->locked_by == h)
		h->inode->locked_by = NULL;
	h->inode = NULL;
	return 0;
}

/* 0 or -EINVAL, as the kernel. The store would go on through the cache and none see the mistake, so
 * only what follows a short write may make it. */
static int check_direct(const struct simdisk *disk, const struct handle *h, bool behind_short,
			const void *data, size_t n, uint64_t offset)
{
	uint64_t unit = (uint64_t)disk->unit;

	if (!h->direct || ((uintptr_t)data % unit == 0 && n % unit == 0 && offset % unit == 0))
		return 0;
	if (behind_short)
		return -EINVAL;
	fputs("simdisk: a direct read or write of a part of a block\n", stderr);
	abort();
}

ssize_t sim_pread(struct os *os, int fd, void *data, size_t n, uint64_t offset)
{
	struct handle *h = handle_of(disk_of(os), fd);
	CALL(disk_of(os), SIM_PREAD, rc);

	if (!h || (h->flags & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	if (h->inode->kind != OS_FILE)
		return -EISDIR;
	check_direct(disk_of(os), h, false, data, n, offset);
	if (offset >= h->inode->seen.size)
		return 0;
	if (n > h->inode->seen.size - offset)
		n = (size_t)(h->inode->seen.size - offset);
	memcpy(data, h->inode->seen.data + offset, n);
	return fate == CUT_AFTER ? -EIO : (ssize_t)n;
}

ssize_t sim_pwrite(struct os *os, int fd, const void *data, size_t n, uint64_t offset)
{
	struct simdisk *disk = disk_of(os);
	struct handle *h = handle_of(disk, fd);
	int rc;
	bool behind_short = disk->was_short;
	enum fate fate = sim_count(disk, SIM_PWRITE, &rc);

	if (fate == CUT_BEFORE)
		return rc;
	disk->was_short = false;
	if (!h || (h->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	if (fate == FAIL)
		n = behind_short ? 0 : (size_t)simdisk_random(disk, n);
	else if (check_direct(disk, h, behind_short, data, n, offset) < 0)
		return -EINVAL;
	else
		n = sim_shorten(disk, n);
	file_write(disk, h->inode, data, n, offset);
	h->inode->mtime = disk->now;
	return fate == GO_ON ? (ssize_t)n : rc;
}

int sim_sync(struct os *os, int fd)
{
	struct simdisk *disk = disk_of(os);
	struct handle *h = handle_of(disk, fd);
	int rc;
	enum fate fate = sim_count(disk, SIM_SYNC, &rc);

	if (fate == CUT_BEFORE)
		return rc;
	if (!h)
		return -EBADF;
	if (fate == FAIL)
		file_sync_failed(disk, h->inode);
	else
		file_sync(h->inode);
	return fate == GO_ON ? 0 : rc;
}

int sim_truncate(struct os *os, int fd, uint64_t size)
{
	struct handle *h = handle_of(disk_of(os), fd);
	CALL(disk_of(os), SIM_TRUNCATE, rc);

	if (!h || (h->flags & O_ACCMODE) == O_RDONLY)
		return -EBADF;
	file_resize(h->inode, size);
	h->inode->mtime = disk_of(os)->now;
	return ended(fate, 0);
}

int sim_direct(struct os *os, int fd, bool on)
{
	struct handle *h = handle_of(disk_of(os), fd);
	CALL(disk_of(os), SIM_DIRECT, rc);

	if (!h)
		return -EBADF;
	h->direct = on && disk_of(os)->unit;
	return ended(fate, h->direct ? disk_of(os)->unit : 0);
}

void sim_fill_stat(const struct inode *inode, struct os_stat *ret)
{
	*ret = (struct os_stat){
		.kind = inode->kind,
		.size = inode->seen.size,
		.mode = inode->mode,
		.uid = geteuid(),
		.inode = inode->number,
		.mtime = inode->mtime * 1000000,
	};
}

int sim_fstat(struct os *os, int fd, struct os_stat *ret)
{
	struct handle *h = handle_of(disk_of(os), fd);
	CALL(disk_of(os), SIM_FSTAT, rc);

	if (!h)
		return -EBADF;
	sim_fill_stat(h->inode, ret);
	return ended(fate, 0);
}

/* Nobody else can let go while one waits here: a wait that would block is an error. */
int sim_lock(struct os *os, int fd, bool wait)
{
	struct handle *h = handle_of(disk_of(os), fd);
	CALL(disk_of(os), SIM_LOCK, rc);

	if (!h)
		return -EBADF;
	if (h->inode->locked_by && h->inode->locked_by != h)
		return wait ? -EDEADLK : -EAGAIN;
	h->inode->locked_by = h;
	return ended(fate, 0);
}

int sim_lock_query(struct os *os, int fd)
{
	struct handle *h = handle_of(disk_of(os), fd);
	CALL(disk_of(os), SIM_LOCK_QUERY, rc);

	if (!h)
		return -EBADF;
	return ended(fate,
		     h->inode->locked_by && h->inode->locked_by != h ? OS_LOCK_HELD : OS_LOCK_FREE);
}
