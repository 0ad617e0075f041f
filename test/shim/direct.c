/* SPDX-License-Identifier: MIT */
/*
 * A preloaded library that says of files on FUSE that they may be written past
 * the kernel's cache: they may, only statx does not say so. For tests; never
 * installed.
 *
 *   WF_DIRECT_UNIT=BYTES   what such a write must be a multiple of; unset: as it is
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifdef STATX_DIOALIGN
static bool on_fuse(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && fs.f_type == FUSE_SUPER_MAGIC;
}

__attribute__((visibility("default"))) int statx(int fd, const char *path, int flags, unsigned mask,
						 struct statx *ret)
{
	int rc = (int)syscall(SYS_statx, fd, path, flags, mask, ret);
	const char *unit = getenv("WF_DIRECT_UNIT");

	if (rc == 0 && unit && (mask & STATX_DIOALIGN) && (flags & AT_EMPTY_PATH) && on_fuse(fd)) {
		ret->stx_mask |= STATX_DIOALIGN;
		ret->stx_dio_mem_align = ret->stx_dio_offset_align = (unsigned)atoi(unit);
	}
	return rc;
}
#endif
