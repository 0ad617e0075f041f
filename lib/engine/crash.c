/* SPDX-License-Identifier: MIT */
#include "crash.h"

#include "../base/error.h"
#include "../core/core.h"
#include "committer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDLER_STACK 65536
#define EXIT_HALTED 6

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
#define CRASH_SIGNALS (sizeof crash_signals / sizeof crash_signals[0])

/* A signal handler is given no argument of ours, hence these. */
static struct {
	const char *path, *id;
	volatile unsigned long turn; /* how often workflow code was entered */
	struct committer *committer;
	struct sigaction old[CRASH_SIGNALS];
	void *stack;
} crash;

static const char *signal_word(int sig)
{
	switch (sig) {
	case SIGSEGV:
		return "SIGSEGV";
	case SIGBUS:
		return "SIGBUS";
	case SIGFPE:
		return "SIGFPE";
	case SIGILL:
		return "SIGILL";
	default:
		return "SIGABRT";
	}
}

static size_t put(char *out, size_t at, size_t size, const char *text)
{
	while (*text && at + 1 < size)
		out[at++] = *text++;
	out[at] = '\0';
	return at;
}

static void put_all(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t done = write(fd, text, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return;
		text += done;
		n -= (size_t)done;
	}
}

/* halted.json by system calls alone: temporary, sync, rename. */
static void leave_halted(const char *what)
{
	char path[4096], temporary[4096], text[1024];
	size_t n = 0, at;
	int fd;

	at = put(path, 0, sizeof path, crash.path);
	put(path, at, sizeof path, "/halted.json");
	at = put(temporary, 0, sizeof temporary, crash.path);
	put(temporary, at, sizeof temporary, "/.tmp-halted");
	n = put(text, n, sizeof text, "{\"type\": \"workflow_crashed\", \"message\": \"");
	n = put(text, n, sizeof text, what);
	n = put(text, n, sizeof text, "\"}\n");
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	put_all(fd, text, n);
	fsync(fd);
	close(fd);
	rename(temporary, path);
}

static void on_crash(int sig, siginfo_t *info, void *context)
{
	char what[300], line[1000];
	size_t n = 0;
	bool overflow = (sig == SIGSEGV || sig == SIGBUS) && core_is_stack_overflow(info->si_addr);

	(void)context;
	if (!crash.path || (!core_current() && !overflow)) {
		signal(sig, SIG_DFL);
		raise(sig);
		return;
	}
	n = put(what, n, sizeof what, "workflow ");
	n = put(what, n, sizeof what, core_current_name());
	n = put(what, n, sizeof what,
		overflow ? " overflowed its stack (endless recursion?)" : " crashed with ");
	if (!overflow)
		put(what, n, sizeof what, signal_word(sig));
	n = put(line, 0, sizeof line, "wf: run ");
	n = put(line, n, sizeof line, crash.id);
	n = put(line, n, sizeof line, " is halted: ");
	n = put(line, n, sizeof line, what);
	n = put(line, n, sizeof line, "; mend the module and go on with 'wf resume ");
	n = put(line, n, sizeof line, crash.id);
	n = put(line, n, sizeof line, " --with NEW.so'\n");
	put_all(2, line, n);
	leave_halted(what);
	if (crash.committer)
		committer_abandon(crash.committer);
	_exit(EXIT_HALTED);
}

int crash_install(struct committer *committer, struct err *err)
{
	stack_t stack = {.ss_size = HANDLER_STACK};
	struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	stack.ss_sp = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
	if (stack.ss_sp == MAP_FAILED)
		return err_sys(err, errno, "cannot allocate the crash handler's stack");
	if (sigaltstack(&stack, NULL) < 0) {
		int sys = errno;
		munmap(stack.ss_sp, HANDLER_STACK);
		return err_sys(err, sys, "cannot set the crash handler's stack");
	}
	crash.stack = stack.ss_sp;
	crash.committer = committer;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaction(crash_signals[i], &action, &crash.old[i]);
	return 0;
}

void crash_uninstall(void)
{
	stack_t off = {.ss_flags = SS_DISABLE};

	if (!crash.stack)
		return;
	for (size_t i = 0; i < CRASH_SIGNALS; i++)
		sigaction(crash_signals[i], &crash.old[i], NULL);
	sigaltstack(&off, NULL);
	munmap(crash.stack, HANDLER_STACK);
	crash.stack = NULL;
	crash.committer = NULL;
}

void crash_guard(const char *run_path, const char *run_id)
{
	crash.turn++;
	crash.path = run_path;
	crash.id = run_id;
}

unsigned long crash_turn(void)
{
	return crash.path ? crash.turn : 0;
}

void crash_leave(const char *why, int status)
{
	char line[1000];
	size_t n = put(line, 0, sizeof line, "wf: run ");

	n = put(line, n, sizeof line, crash.id);
	n = put(line, n, sizeof line, " was stopped: workflow ");
	n = put(line, n, sizeof line, core_current() ? core_current_name() : "code");
	n = put(line, n, sizeof line, why);
	n = put(line, n, sizeof line, "; 'wf resume ");
	n = put(line, n, sizeof line, crash.id);
	n = put(line, n, sizeof line, "' goes on\n");
	put_all(2, line, n);
	if (crash.committer)
		committer_abandon(crash.committer);
	_exit(status);
}
