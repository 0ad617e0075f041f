/* SPDX-License-Identifier: MIT */
/* From a copy of the driver to a worker. */
#include "worker.h"

#include "worker_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the real-time signals, one that libraries do not use. */
#define SIG_DRIVER_DIED (SIGRTMAX - 3)

static void on_driver_died(int s)
{
	(void)s;
	kill(0, SIGKILL);
}

/* Only interrupts what blocks. */
static void on_term(int s)
{
	(void)s;
}

static int set_signals(void)
{
	struct sigaction action = {.sa_handler = SIG_DFL};

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &action, NULL);
	action.sa_handler = on_term;
	if (sigaction(SIGTERM, &action, NULL) < 0)
		return -1;
	action.sa_handler = on_driver_died;
	return sigaction(SIG_DRIVER_DIED, &action, NULL);
}

/* The group comes first: until then the handler would kill the driver's. */
static int set_group(pid_t driver)
{
	if (setpgid(0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIG_DRIVER_DIED) < 0)
		return -1;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return getppid() == driver ? 0 : -1;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void close_from_to(unsigned from, unsigned to)
{
	struct rlimit limit;

	if (from > to || close_range(from, to, 0) == 0)
		return;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur <= to)
		to = (unsigned)limit.rlim_cur;
	for (unsigned fd = from; fd <= to; fd++)
		close((int)fd);
}

/* Everything but the worker's own and the locks is closed; a lock below 3 moves. */
static int close_others(const struct worker_setup *setup)
{
	size_t n = 0;
	int *open = malloc((setup->keep_count + 3) * sizeof *open);
	unsigned from = 3;

	if (!open)
		return -1;
	open[n++] = setup->socket;
	open[n++] = setup->scratch_out;
	open[n++] = setup->scratch_err;
	for (size_t i = 0; i < setup->keep_count; i++) {
		int fd = setup->keep[i] > 2 ? setup->keep[i]
					    : fcntl(setup->keep[i], F_DUPFD_CLOEXEC, 3);
		if (fd >= 0)
			open[n++] = fd;
	}
	qsort(open, n, sizeof *open, by_number);
	for (size_t i = 0; i < n; i++) {
		if ((unsigned)open[i] > from)
			close_from_to(from, (unsigned)open[i] - 1);
		from = (unsigned)open[i] + 1;
	}
	close_from_to(from, ~0U);
	free(open);
	return 0;
}

static int set_stdio(const struct worker_setup *setup, int null)
{
	if (dup2(null, 0) < 0 || dup2(setup->scratch_out, 1) < 0 || dup2(setup->scratch_err, 2) < 0)
		return -1;
	__fpurge(stdin);
	__fpurge(stdout);
	__fpurge(stderr);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stderr, NULL, _IONBF, 0);
	return 0;
}

struct pipes {
	int fds[128];
	size_t count;
};

/*
 * libuv has a handler that runs in the child of every fork, one that a step makes too, and
 * closes a pipe of its own by number. So the numbers of the driver's pipes stay taken, or the
 * step's own descriptors would get them and be closed in its child. The pipe has low numbers: what
 * is free is given out from below.
 */
static void find_pipes(struct pipes *ret)
{
	struct stat st;
	int closed = 0;

	ret->count = 0;
	for (int fd = 3; closed < 64 && ret->count < 128; fd++) {
		if (fstat(fd, &st) < 0)
			closed++;
		else if (closed = 0, S_ISFIFO(st.st_mode))
			ret->fds[ret->count++] = fd;
	}
}

static int set_descriptors(const struct worker_setup *setup)
{
	struct pipes pipes;
	bool taken = false;
	int null;

	find_pipes(&pipes);
	if (close_others(setup) < 0)
		return -1;
	null = fd_above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
	if (null < 0 || set_stdio(setup, null) < 0)
		return -1;
	for (size_t i = 0; i < pipes.count; i++) {
		taken = taken || pipes.fds[i] == null;
		if (fcntl(pipes.fds[i], F_GETFD) < 0)
			dup3(null, pipes.fds[i], O_CLOEXEC);
	}
	if (!taken)
		close(null);
	return 0;
}

int worker_become(struct worker_setup *setup)
{
	sigset_t none;

	if (set_signals() < 0 || set_group(setup->driver) < 0 || set_descriptors(setup) < 0)
		return -1;
	setup->keep = NULL;
	setup->keep_count = 0;
	sigemptyset(&none);
	return sigprocmask(SIG_SETMASK, &none, NULL);
}
