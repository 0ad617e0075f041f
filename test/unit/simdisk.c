/* SPDX-License-Identifier: MIT */
/* The simulated disk as a whole: its life, its chance. */
#include "simdisk_internal.h"

#include <errno.h>
#include <stdlib.h>

uint64_t simdisk_random(struct simdisk *disk, uint64_t limit)
{
	uint64_t z = disk->chance += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return limit ? z % limit : z;
}

static int64_t sim_now(struct os *os)
{
	return disk_of(os)->now;
}

static int64_t sim_monotonic(struct os *os)
{
	return disk_of(os)->monotonic += 1000;
}

static int sim_random(struct os *os, void *data, size_t n)
{
	CALL(disk_of(os), SIM_RANDOM, rc);

	for (size_t i = 0; i < n; i++)
		((uint8_t *)data)[i] = (uint8_t)simdisk_random(disk_of(os), 256);
	return ended(fate, 0);
}

static const struct os_ops sim_ops = {
	.open = sim_open,
	.close = sim_close,
	.pread = sim_pread,
	.pwrite = sim_pwrite,
	.datasync = sim_sync,
	.sync = sim_sync,
	.sync_dir = sim_sync_dir,
	.truncate = sim_truncate,
	.direct = sim_direct,
	.fstat = sim_fstat,
	.lstat = sim_lstat,
	.mkdir = sim_mkdir,
	.rename = sim_rename,
	.link = sim_link,
	.unlink = sim_unlink,
	.rmdir = sim_rmdir,
	.list = sim_list,
	.lock = sim_lock,
	.lock_query = sim_lock_query,
	.now = sim_now,
	.monotonic = sim_monotonic,
	.random = sim_random,
};

struct simdisk *simdisk_new(uint64_t seed)
{
	struct simdisk *disk = sim_alloc(sizeof *disk);

	disk->os.ops = &sim_ops;
	disk->chance = seed;
	disk->unit = (int[]){0, SECTOR, PAGE}[seed % 3];
	disk->now = 1000000000000;
	disk->root = inode_new(disk, OS_DIRECTORY, 0700);
	return disk;
}

void simdisk_free(struct simdisk *disk)
{
	if (!disk)
		return;
	simdisk_sync_all(disk);
	while (disk->inodes) {
		struct inode *next = disk->inodes->next;

		inode_free(disk->inodes);
		disk->inodes = next;
	}
	free(disk);
}

struct os *simdisk_os(struct simdisk *disk)
{
	return &disk->os;
}

void simdisk_kill(struct simdisk *disk)
{
	for (int i = 0; i < HANDLES; i++)
		if (disk->handles[i].inode)
			sim_close(&disk->os, SIMDISK_HANDLE_BASE + i);
	disk->off = false;
	disk->until_failure = disk->until_short = disk->cut_at = 0;
	disk->was_short = false;
}

void simdisk_power_on(struct simdisk *disk)
{
	simdisk_kill(disk);
	for (struct inode *i = disk->inodes; i; i = i->next)
		if (i->kind == OS_FILE)
			file_cut(disk, i);
	deeds_cut(disk);
}

void simdisk_sync_all(struct simdisk *disk)
{
	deeds_sync(disk, NULL);
	for (struct inode *i = disk->inodes; i; i = i->next)
		if (i->kind == OS_FILE)
			file_sync(i);
}

void simdisk_set_now(struct simdisk *disk, int64_t ms)
{
	disk->now = ms;
}

int simdisk_handles(const struct simdisk *disk)
{
	int open = 0;

	for (int i = 0; i < HANDLES; i++)
		open += disk->handles[i].inode != NULL;
	return open;
}
