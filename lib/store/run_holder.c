/* SPDX-License-Identifier: MIT */
/* The holder of a run's lock, as its lock file tells: "<pid> <start time>\n". */
#include "run_internal.h"

#include "../os/os.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int holder_read(struct os *os, int fd, struct process_id *ret)
{
	char text[64];
	long long pid;
	unsigned long long started;
	ssize_t n = os->ops->pread(os, fd, text, sizeof text - 1, 0);

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	*ret = (struct process_id){0, 0};
	if (sscanf(text, "%lld %llu", &pid, &started) == 2 && pid > 0 && pid <= INT32_MAX)
		*ret = (struct process_id){(pid_t)pid, started};
	return 0;
}

/* In one write, padded over what was there: a reader at the same time sees one or the other. */
int holder_write(struct os *os, int fd, const struct process_id *holder)
{
	char text[40];
	int n = snprintf(text, sizeof text, "%d %" PRIu64, (int)holder->pid, holder->started);
	ssize_t put;

	memset(text + n, ' ', sizeof text - (size_t)n);
	text[sizeof text - 1] = '\n';
	put = os->ops->pwrite(os, fd, text, sizeof text, 0);
	return put < 0 ? (int)put : 0;
}
