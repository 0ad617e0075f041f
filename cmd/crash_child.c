/* SPDX-License-Identifier: MIT */
#include "crash_child.h"

#include "../lib/base/error.h"
#include "../lib/engine/fault.h"
#include "cli.h"
#include "drive.h"
#include "exit.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int crash_parse(const char *text, uint64_t *ret_at, bool *ret_after, struct err *err)
{
	size_t digits = strspn(text, "0123456789");
	bool after = text[digits] == '+';
	uint64_t at;

	if (!digits || digits > 18 || text[digits + after] || !(at = strtoull(text, NULL, 10)))
		return err_set(err, ERR_USAGE,
			       "'%s' is no event to crash at; give N (just before the Nth event is "
			       "on disk) or N+ (just after)",
			       text);
	*ret_at = at;
	*ret_after = after;
	return 0;
}

struct fault *crash_share(struct err *err)
{
	void *memory = mmap(NULL, sizeof(struct fault), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory != MAP_FAILED)
		return memory;
	err_sys(err, errno, "cannot share memory");
	return NULL;
}

void crash_unshare(struct fault *fault)
{
	if (fault)
		munmap(fault, sizeof *fault);
}

static void be_silent(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return;
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	close(fd);
}

static void child_main(const struct crash_child *child)
{
	struct err err = ERR_INIT;
	struct drive drive;
	int status;

	if (child->silent)
		be_silent();
	if (drive_start_faulty(&drive, child->cli, child->state, child->wait, child->fault, &err) <
	    0)
		_exit(complain(&err));
	if (drive_add(&drive, child->id, NULL, &err) < 0) {
		status = complain(&err);
		drive_abandon(&drive);
	} else {
		status = drive_finish(&drive);
	}
	_exit(out_finish(status));
}

/* Wait for the child's end; what asks us to stop is handed on to it. */
static int await_child(pid_t pid, const sigset_t *signals)
{
	int status;

	for (;;) {
		int sig = sigwaitinfo(signals, NULL);

		if (sig == SIGINT || sig == SIGTERM)
			kill(pid, sig);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return WTERMSIG(status) == SIGKILL ? CRASH_KILLED : 128 + WTERMSIG(status);
}

int crash_drive(const struct crash_child *child, struct err *err)
{
	sigset_t signals, before;
	pid_t pid;
	int rc;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	out_flush();
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		child_main(child);
	}
	rc = pid < 0 ? err_sys(err, errno, "cannot fork") : await_child(pid, &signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}
