/* SPDX-License-Identifier: MIT */
/*
 * Promise 5: no orphan outlives a dead driver. A driver is forked, its steps run, it is killed; all
 * of its processes hold the writing end of a pipe, so the end of the pipe is the end of the last of
 * them.
 */
#include "pool_fixture.h"

#include <poll.h>

static int hold; /* the writing end */

static void say_here(void)
{
	if (write(hold, "x", 1) != 1)
		_exit(1);
}

static json_t *loop_with_child(wf_attempt *a, const json_t *in)
{
	(void)a;
	if (fork() == 0) {
		signal(SIGTERM, SIG_IGN);
		say_here();
		for (;;)
			pause();
	}
	say_here();
	for (volatile unsigned i = 0; json_is_null(in); i++)
		;
	return json_null();
}

static json_t *quick(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_true();
}

static _Noreturn void drive(bool idle)
{
	struct fixture f;
	struct result r[3] = {0};
	char shell[100];

	snprintf(shell, sizeof shell,
		 "(trap '' TERM HUP; printf x >&%d; sleep 1000) & printf x >&%d; sleep 1000", hold,
		 hold);
	fixture_open(&f, 3, 0);
	remove_folder(f.folder);
	pool_keep(f.pool, hold);
	if (idle) {
		submit(&f, &r[0], (struct ask){.function = quick});
		settle(&f);
		say_here();
		pause();
	}
	submit(&f, &r[0], (struct ask){.function = loop_with_child});
	submit(&f, &r[1], (struct ask){.function = loop_with_child});
	submit(&f, &r[2],
	       (struct ask){.kind = STEP_SHELL,
			    .input = json_pack("{s:s}", "shell", shell),
			    .directory = "/"});
	settle(&f);
	_exit(1);
}

/* The bytes that came within ten seconds, at most n; -1: the end. */
static int receive(int fd, int n)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	char byte;
	int got = 0;

	while (got < n && poll(&poll_fd, 1, 10000) == 1) {
		if (read(fd, &byte, 1) != 1)
			return -1;
		got++;
	}
	return got;
}

static void test_killed(int signal_number, bool idle, const char *name)
{
	int ends[2], status = 0, n = idle ? 1 : 6;
	pid_t driver;

	if (pipe(ends) < 0)
		bail_out("no pipe");
	hold = ends[1];
	fflush(stdout);
	driver = fork();
	if (driver == 0) {
		close(ends[0]);
		drive(idle);
	}
	close(ends[1]);
	is_int(receive(ends[0], n), n, "%s: it and all that its steps started is there", name);
	kill(driver, signal_number);
	waitpid(driver, &status, 0);
	is_int(WTERMSIG(status), signal_number, "%s: the driver is dead", name);
	is_int(receive(ends[0], 1), -1, "promise 5: %s: nothing survives it", name);
	close(ends[0]);
}

int main(void)
{
	test_killed(SIGKILL, false, "kill -9 at work");
	test_killed(SIGTERM, false, "kill at work");
	test_killed(SIGKILL, true, "kill -9 at rest");
	return done_testing();
}
