/* SPDX-License-Identifier: MIT */
#include "worker_spent.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define MOST_BYTES ((size_t)1 << 30)

/* The lowest number that is free is above most of those that are taken. */
static bool is_out_of_descriptors(void)
{
	struct rlimit limit;
	int lowest = fcntl(0, F_DUPFD_CLOEXEC, 0);

	if (lowest >= 0)
		close(lowest);
	return lowest < 0 ||
	       (getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)lowest >= limit.rlim_cur / 2);
}

static size_t resident(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	unsigned long pages = 0;

	if (fd >= 0)
		close(fd);
	if (n > 0 && sscanf(text, "%*u %lu", &pages) != 1)
		pages = 0;
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

bool worker_is_spent(void)
{
	return is_out_of_descriptors() || resident() > MOST_BYTES;
}
