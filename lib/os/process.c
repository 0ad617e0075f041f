/* SPDX-License-Identifier: MIT */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EXITING 0x4 /* PF_EXITING: it is on its way out */
#define KILL_PENDING (1ul << (SIGKILL - 1))

struct process {
	char state;
	unsigned long flags, pending; /* pending: signals that wait for it */
	uint64_t started;
};

/* Fields 3, 9, 22 and 31 of /proc/<pid>/stat. False when there is no such process. */
static bool process_stat(pid_t pid, struct process *ret)
{
	char path[40], text[1024], *at;
	ssize_t n;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	at = strrchr(text, ')'); /* field 2 is a name that may hold anything */
	return at &&
	       sscanf(at,
		      ") %c %*s %*s %*s %*s %*s %lu %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
		      " %" SCNu64 " %*s %*s %*s %*s %*s %*s %*s %*s %lu",
		      &ret->state, &ret->flags, &ret->started, &ret->pending) == 4;
}

struct process_id process_self(void)
{
	struct process_id self = {getpid(), 0};
	struct process process;

	if (process_stat(self.pid, &process))
		self.started = process.started;
	return self;
}

bool process_alive(const struct process_id *id)
{
	struct process process;

	if (id->pid <= 0 || (kill(id->pid, 0) < 0 && errno == ESRCH))
		return false;
	if (!process_stat(id->pid, &process))
		return true; /* no /proc, or hidden */
	if (strchr("ZX", process.state) || (process.flags & EXITING) ||
	    (process.pending & KILL_PENDING))
		return false;
	return id->started == 0 || id->started == process.started;
}
