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

/* State letter and start time (fields 3 and 22) of a process. False when there is no such process.
 */
static bool process_stat(pid_t pid, char *ret_state, uint64_t *ret_started)
{
	char path[40], text[1024], *at, *end;
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
	if (!at || at[1] != ' ')
		return false;
	*ret_state = at[2];
	at++;
	for (int field = 2; field < 22; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	*ret_started = strtoull(at, &end, 10);
	return end > at;
}

struct holder holder_self(void)
{
	struct holder self = {getpid(), 0};
	char state;

	if (!process_stat(self.pid, &state, &self.started))
		self.started = 0;
	return self;
}

bool holder_alive(const struct holder *holder)
{
	uint64_t started;
	char state;

	if (holder->pid <= 0 || (kill(holder->pid, 0) < 0 && errno == ESRCH))
		return false;
	if (!process_stat(holder->pid, &state, &started))
		return true; /* no /proc, or hidden */
	if (state == 'Z' || state == 'X')
		return false;
	return holder->started == 0 || holder->started == started;
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
