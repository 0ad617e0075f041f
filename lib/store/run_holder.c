/* SPDX-License-Identifier: MIT */
/* The holder of a run's lock, as its lock file tells: "<pid> <start time>\n". */
#include "run_internal.h"

#include "../os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
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

struct holder holder_self(void)
{
	struct holder self = {getpid(), 0};
	struct process process;

	if (process_stat(self.pid, &process))
		self.started = process.started;
	return self;
}

/* A process that was killed is dead for us even while the kernel still takes it apart. */
bool holder_alive(const struct holder *holder)
{
	struct process process;

	if (holder->pid <= 0 || (kill(holder->pid, 0) < 0 && errno == ESRCH))
		return false;
	if (!process_stat(holder->pid, &process))
		return true; /* no /proc, or hidden */
	if (strchr("ZX", process.state) || (process.flags & EXITING) ||
	    (process.pending & KILL_PENDING))
		return false;
	return holder->started == 0 || holder->started == process.started;
}

int holder_read(struct os *os, int fd, struct holder *ret)
{
	char text[64];
	long long pid;
	unsigned long long started;
	ssize_t n = os->ops->pread(os, fd, text, sizeof text - 1, 0);

	if (n < 0)
		return (int)n;
	text[n] = '\0';
	*ret = (struct holder){0, 0};
	if (sscanf(text, "%lld %llu", &pid, &started) == 2 && pid > 0 && pid <= INT32_MAX)
		*ret = (struct holder){(pid_t)pid, started};
	return 0;
}

/* In one write, padded over what was there: a reader at the same time sees one or the other. */
int holder_write(struct os *os, int fd, const struct holder *holder)
{
	char text[40];
	int n = snprintf(text, sizeof text, "%d %" PRIu64, (int)holder->pid, holder->started);
	ssize_t put;

	memset(text + n, ' ', sizeof text - (size_t)n);
	text[sizeof text - 1] = '\n';
	put = os->ops->pwrite(os, fd, text, sizeof text, 0);
	return put < 0 ? (int)put : 0;
}
