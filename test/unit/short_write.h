/* SPDX-License-Identifier: MIT */
/*
 * The system's own pwrite, which goes on until all is written, above a simulated disk of which one
 * write is short (simdisk_short_at): replaces the program's pwrite for the handles of that disk.
 */
#ifndef WF_TEST_SHORT_WRITE_H
#define WF_TEST_SHORT_WRITE_H

#include "simdisk.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct os_ops short_write_ops_;
static const struct os_ops *short_write_below_;
static struct os *short_write_disk_;

ssize_t pwrite(int fd, const void *data, size_t n, off_t offset)
{
	ssize_t rc;

	if (fd < SIMDISK_HANDLE_BASE)
		return syscall(SYS_pwrite64, fd, data, n, offset);
	rc = short_write_below_->pwrite(short_write_disk_, fd, data, n, (uint64_t)offset);
	if (rc >= 0)
		return rc;
	errno = (int)-rc;
	return -1;
}

/* From here on disk is written by way of the system's pwrite; one disk at a time. */
static inline void short_write_above(struct simdisk *disk)
{
	short_write_disk_ = simdisk_os(disk);
	short_write_below_ = short_write_disk_->ops;
	short_write_ops_ = *short_write_below_;
	short_write_ops_.pwrite = os_system()->ops->pwrite;
	short_write_disk_->ops = &short_write_ops_;
}

#endif
