/* SPDX-License-Identifier: MIT */
/*
 * A disk in memory behind struct os, that keeps only what was synced.
 *
 * What a program sees at once (its own writes and renames) and what a power
 * cut leaves are two things, and a power cut decides between them by a seed:
 *
 * Data, in pages: a page not synced is old, new, or torn between sectors, which may also be as they
 * were before a later write; a size not synced is old, new or in between; what was never written
 * reads as zeros. sync and datasync make a file's pages last, not its name.
 *
 * Names: each making, renaming and removing is whole or not at all, in any order but this: what was
 * done to a name or a file before also happened. sync_dir makes all changes in that folder last.
 *
 * Failures: a call gives only an error that the real one may give (simdisk_faults.c), and does
 * nothing then, but for these. A sync that fails keeps some pages and forgets that the others were
 * to be written, though reads still show them; the next sync succeeds without them. It forgets that
 * the file has grown, not that it was cut. A write that fails has written a part.
 *
 * Calls are counted (all but close and the clocks), so that a test can go through every N: fail
 * the Nth of those that may give an error, or cut the power at the Nth of all. The call at which
 * the power goes has happened or not; it and every later one return -EIO until
 * simdisk_power_on(), or until simdisk_kill(): then only the process was gone. The same seed and
 * the same calls give the same disk.
 */
#ifndef WF_TEST_SIMDISK_H
#define WF_TEST_SIMDISK_H

#include "os/os.h"

#include <stdbool.h>
#include <stdint.h>

struct simdisk;

enum sim_call {
	SIM_OPEN,
	SIM_CREATE, /* an open that may make the file */
	SIM_PREAD,
	SIM_PWRITE,
	SIM_SYNC, /* and datasync */
	SIM_SYNC_DIR,
	SIM_TRUNCATE,
	SIM_DIRECT,
	SIM_FSTAT,
	SIM_LSTAT,
	SIM_MKDIR,
	SIM_RENAME,
	SIM_LINK,
	SIM_UNLINK,
	SIM_RMDIR,
	SIM_LIST,
	SIM_LOCK,
	SIM_LOCK_QUERY,
	SIM_RANDOM,
	SIM_CALLS,
};

/* Where the disk takes its own memory; a test in which memory runs out spares it. */
extern void *(*simdisk_calloc)(size_t n, size_t size);

/* An empty disk with a folder "/". Aborts without memory. New. */
struct simdisk *simdisk_new(uint64_t seed);
void simdisk_free(struct simdisk *disk);
/* Borrowed. Handles begin there, so that one that leaks into a real call is noticed. */
#define SIMDISK_HANDLE_BASE 1000
struct os *simdisk_os(struct simdisk *disk);

unsigned long simdisk_calls(const struct simdisk *disk);
/* Of the calls from now that may give this error the Nth (1: the next) returns -error. 0: none. */
void simdisk_fail_at(struct simdisk *disk, unsigned long n, int error);
/* The power goes at the Nth call from now. 0: never. */
void simdisk_cut_at(struct simdisk *disk, unsigned long n);
/* The Nth write from now takes only half of its bytes, or one, and says so; error: the next one
 * fails with it (0: does not). struct os wants whole writes: for a machine with the system's own
 * pwrite above this one (short_write.h). */
void simdisk_short_at(struct simdisk *disk, unsigned long n, bool one, int error);
/* Whether the call to fail, or to lose power at, has come; and which it was. */
bool simdisk_struck(const struct simdisk *disk);
enum sim_call simdisk_struck_call(const struct simdisk *disk);

const char *simdisk_call_name(enum sim_call call);
bool simdisk_may_give(enum sim_call call, int error);

/* Lose power, and have it again: what was not synced is decided by the seed; no handle, no lock is
 * left. */
void simdisk_power_on(struct simdisk *disk);
/* The process dies, the machine lives on: no handle, no lock is left, all that was written is
 * there. */
void simdisk_kill(struct simdisk *disk);
/* Make all that is there last. */
void simdisk_sync_all(struct simdisk *disk);

void simdisk_set_now(struct simdisk *disk, int64_t ms);
/* Open handles: what a program has forgotten to close. */
int simdisk_handles(const struct simdisk *disk);
/* A number from the disk's seed, below limit. */
uint64_t simdisk_random(struct simdisk *disk, uint64_t limit);

#endif
