/* SPDX-License-Identifier: MIT */
/*
 * What can go wrong with the calls of the simulated disk, and when it does.
 *
 * Which errors a call may give is what its page of the manual says, and for want of memory or room
 * also what file systems are known to say: reading and writing take pages, and where old data is
 * not overwritten even a removal needs room.
 */
#include "simdisk_internal.h"

#define ROOM 1  /* ENOSPC, EDQUOT: it takes room on the disk */
#define FILES 2 /* EMFILE: it makes a descriptor, if only for itself */
#define MEMORY 4

static const struct {
	const char *name;
	int gives; /* beside EIO, which all may give */
} calls[SIM_CALLS] = {
	[SIM_OPEN] = {"open", FILES | MEMORY},
	[SIM_CREATE] = {"open to make", ROOM | FILES | MEMORY},
	[SIM_PREAD] = {"pread", MEMORY},
	[SIM_PWRITE] = {"pwrite", ROOM | MEMORY},
	[SIM_SYNC] = {"sync", ROOM},
	[SIM_SYNC_DIR] = {"sync_dir", ROOM | FILES | MEMORY},
	[SIM_TRUNCATE] = {"truncate", ROOM | MEMORY},
	[SIM_DIRECT] = {"direct", MEMORY},
	[SIM_FSTAT] = {"fstat", MEMORY},
	[SIM_LSTAT] = {"lstat", MEMORY},
	[SIM_MKDIR] = {"mkdir", ROOM | MEMORY},
	[SIM_RENAME] = {"rename", ROOM | MEMORY},
	[SIM_LINK] = {"link", ROOM | MEMORY},
	[SIM_UNLINK] = {"unlink", ROOM | MEMORY},
	[SIM_RMDIR] = {"rmdir", ROOM | MEMORY},
	[SIM_LIST] = {"list", FILES | MEMORY},
	[SIM_LOCK] = {"lock", 0},
	[SIM_LOCK_QUERY] = {"lock_query", 0},
	[SIM_RANDOM] = {"random", 0},
};

const char *simdisk_call_name(enum sim_call call)
{
	return calls[call].name;
}

bool simdisk_may_give(enum sim_call call, int error)
{
	switch (error) {
	case EIO:
		return true;
	case ENOSPC:
	case EDQUOT:
		return calls[call].gives & ROOM;
	case EMFILE:
		return calls[call].gives & FILES;
	case ENOMEM:
		return calls[call].gives & MEMORY;
	default:
		return false;
	}
}

static void strike(struct simdisk *disk, enum sim_call call)
{
	disk->struck = true;
	disk->struck_call = call;
}

enum fate sim_count(struct simdisk *disk, enum sim_call call, int *ret_rc)
{
	*ret_rc = -EIO;
	if (disk->off)
		return CUT_BEFORE;
	disk->calls++;
	if (disk->calls == disk->cut_at) {
		disk->off = true;
		strike(disk, call);
		return simdisk_random(disk, 2) ? CUT_AFTER : CUT_BEFORE;
	}
	if (!disk->until_failure || !simdisk_may_give(call, disk->error) || --disk->until_failure)
		return GO_ON;
	strike(disk, call);
	*ret_rc = -disk->error;
	return FAIL;
}

size_t sim_shorten(struct simdisk *disk, size_t n)
{
	disk->was_short = n > 1 && disk->until_short && --disk->until_short == 0;
	if (!disk->was_short)
		return n;
	strike(disk, SIM_PWRITE);
	disk->error = disk->error_behind_short;
	disk->until_failure = disk->error ? 1 : 0;
	return disk->short_one ? 1 : n / 2;
}

unsigned long simdisk_calls(const struct simdisk *disk)
{
	return disk->calls;
}

void simdisk_fail_at(struct simdisk *disk, unsigned long n, int error)
{
	disk->until_failure = n;
	disk->error = error;
	disk->struck = false;
}

void simdisk_short_at(struct simdisk *disk, unsigned long n, bool one, int error)
{
	disk->until_short = n;
	disk->short_one = one;
	disk->error_behind_short = error;
	disk->struck = false;
}

void simdisk_cut_at(struct simdisk *disk, unsigned long n)
{
	disk->cut_at = n ? disk->calls + n : 0;
	disk->struck = false;
}

bool simdisk_struck(const struct simdisk *disk)
{
	return disk->struck;
}

enum sim_call simdisk_struck_call(const struct simdisk *disk)
{
	return disk->struck_call;
}
