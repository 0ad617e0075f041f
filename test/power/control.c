/* SPDX-License-Identifier: MIT */
#include "control.h"

#include "../unit/simdisk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define AIMED 4 /* the write, its sync, and what comes in between or next */

static struct simdisk *disk;
static unsigned long unit, direct, refused;
static unsigned long aim; /* of the writes past the cache; 0: none */

void control_begin(struct simdisk *on, unsigned long bytes)
{
	disk = on;
	unit = bytes;
}

int control_read(char *data, size_t n, off_t at)
{
	char text[128];
	int len = snprintf(text, sizeof text, "%lu %d %lu %lu\n", simdisk_calls(disk),
			   simdisk_struck(disk), direct, refused);

	if (at > 0 || n < (size_t)len)
		return 0;
	memcpy(data, text, (size_t)len);
	return len;
}

static void aim_at(unsigned long n)
{
	simdisk_cut_at(disk, 0);
	aim = n ? direct + n : 0;
}

int control_write(const char *data, size_t n)
{
	char text[32] = "";
	unsigned long at;

	memcpy(text, data, n < sizeof text - 1 ? n : sizeof text - 1);
	aim = 0;
	if (sscanf(text, "cut %lu", &at) == 1)
		simdisk_cut_at(disk, at);
	else if (sscanf(text, "aim %lu", &at) == 1)
		aim_at(at);
	else if (sscanf(text, "fail %lu", &at) == 1)
		simdisk_fail_at(disk, at, EIO);
	else
		return -EINVAL;
	return (int)n;
}

int control_direct(bool writes, size_t n, off_t at)
{
	if (n % unit != 0 || (size_t)at % unit != 0) {
		refused++;
		return -EINVAL;
	}
	if (writes && ++direct == aim)
		simdisk_cut_at(disk, 1 + simdisk_random(disk, AIMED));
	return 0;
}
