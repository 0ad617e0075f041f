/* SPDX-License-Identifier: MIT */
/*
 * What a test says to the disk and asks of it, by a file that is none of the disk's.
 *
 * Written to it, "cut N" cuts the power at the Nth call from there (every later one fails), "aim N"
 * at one of the four from the Nth write past the kernel's cache on, "fail N" makes the Nth call
 * fail with EIO; 0 takes that back. It reads as "CALLS STRUCK DIRECT REFUSED": STRUCK is 1 once
 * that call has come, DIRECT is how many writes went past the cache (unsynced they last no more
 * than others do), REFUSED how many reads and writes there were no whole blocks.
 */
#ifndef WF_TEST_CONTROL_H
#define WF_TEST_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct simdisk;

/* Borrows disk; unit: bytes of a block. */
void control_begin(struct simdisk *disk, unsigned long unit);
/* Like read and write of the file: a count, or -errno. */
int control_read(char *data, size_t n, off_t at);
int control_write(const char *data, size_t n);
/* To be called before each read or write of a file of the disk that goes past the cache. 0, or
 * -EINVAL as of a device. */
int control_direct(bool writes, size_t n, off_t at);

#endif
