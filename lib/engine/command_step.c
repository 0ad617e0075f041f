/* SPDX-License-Identifier: MIT */
#include "command_step.h"

#include "../base/buf.h"
#include "../base/mask.h"
#include "command_filter.h"
#include "command_output.h"
#include "command_setup.h"
#include "pool_text.h"
#include "protocol.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOW_MS 50 /* then a command's log has its name */

enum stage { STAGE_EXEC, STAGE_DIRECTORY, STAGE_OUTPUT };

static bool fail(struct buf *text, const char *type, bool permanent, const struct buf *details,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

static bool fail(struct buf *text, const char *type, bool permanent, const struct buf *details,
		 const char *format, ...)
{
	struct buf message = BUF_INIT;
	va_list ap;

	va_start(ap, format);
	buf_addv(&message, format, ap);
	va_end(ap);
	text_add_failure(text, type, buf_ok(&message) ? message.data : "out of memory", permanent,
			 details && buf_ok(details) ? details->data : NULL,
			 details ? details->len : 0);
	buf_release(&message);
	return false;
}

/* ---- the process ---- */

/* Between vfork and exec: nothing but system calls, and nothing that the parent would miss. */
static _Noreturn void child(const struct command_call *call, const struct command_setup *setup,
			    int in, const struct command_filter *filter, pid_t parent)
{
	static const struct sigaction by_default = {.sa_handler = SIG_DFL};
	static const struct rlimit no_core;
	char **argv = setup->argv.list, **environment = setup->environment.list;
	sigset_t none;
	int sys = ENOENT;

	for (int s = 1; call->signals_changed && s < NSIG; s++)
		sigaction(s, &by_default, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	atomic_store(&call->slot->exec_stage, STAGE_OUTPUT);
	if (dup2(filter->streams[0].theirs, 1) < 0 || dup2(filter->streams[1].theirs, 2) < 0 ||
	    (in >= 0 && dup2(in, 0) < 0) || (call->secrets && setrlimit(RLIMIT_CORE, &no_core) < 0))
		goto fail;
	atomic_store(&call->slot->exec_stage, STAGE_DIRECTORY);
	if ((call->directory && chdir(call->directory) < 0) ||
	    (setup->directory && chdir(setup->directory) < 0))
		goto fail;
	atomic_store(&call->slot->exec_stage, STAGE_EXEC);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (char **path = setup->paths.list; *path; path++) {
		execve(*path, argv, environment);
		if (errno == ENOEXEC) {
			setup->script[1] = *path;
			execve("/bin/sh", setup->script, environment);
		}
		if (errno != ENOENT && errno != ENOTDIR)
			sys = errno;
		if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			break;
	}
	errno = sys;
fail:
	atomic_store(&call->slot->exec_errno, errno);
	_exit(127);
}

static pid_t spawn(const struct command_call *call, const struct command_setup *setup, int in,
		   const struct command_filter *filter)
{
	pid_t parent = getpid(), pid;
	sigset_t all, before;

	signal(SIGCHLD,
	       SIG_DFL); /* a step function may have changed it, and the status would be lost */
	atomic_store(&call->slot->exec_errno, 0);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	pid = vfork();
	if (pid == 0)
		child(call, setup, in, filter, parent);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return pid;
}

/* Whether it has ended within the time in which nobody looks at a log; false also where that cannot
 * be told. */
static bool soon_over(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), n;
	struct pollfd ended = {.fd = fd, .events = POLLIN};

	if (fd < 0)
		return false;
	n = poll(&ended, 1, SHOW_MS);
	close(fd);
	return n > 0;
}

static int await(const struct command_call *call, struct command_filter *filter, pid_t pid,
		 int *ret_status)
{
	if (call->mask->count || !soon_over(pid))
		command_files_show(call);
	if (call->mask->count)
		command_filter_serve(filter, pid);
	while (waitpid(pid, ret_status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return 0;
}

static bool not_executed(const struct command_call *call, const struct command_setup *setup,
			 int sys, struct buf *text)
{
	const char *name = setup->argv.list[0];

	switch (atomic_load(&call->slot->exec_stage)) {
	case STAGE_DIRECTORY:
		return fail(text, "directory", false, NULL, "cannot enter '%s': %s",
			    setup->directory ? setup->directory : call->directory, strerror(sys));
	case STAGE_OUTPUT:
		return fail(text, "system", false, NULL, "cannot redirect the output of '%s': %s",
			    name, strerror(sys));
	}
	if (sys == ENOENT)
		return fail(text, "not_found", true, NULL, "command '%s' not found", name);
	return fail(text, "not_executable", sys == EACCES || sys == ENOEXEC, NULL,
		    "cannot execute '%s': %s", name, strerror(sys));
}

/* The last line with something in it. */
static const char *last_line(struct buf *text, int *ret_len)
{
	size_t end = text->len, from;

	while (end && strchr(" \t\r\n", text->data[end - 1]))
		end--;
	for (from = end; from && text->data[from - 1] != '\n';)
		from--;
	*ret_len = end - from > 300 ? 300 : (int)(end - from);
	return end ? text->data + from : "";
}

static bool ended(const struct command_call *call, const struct command_files *f, int status,
		  struct buf *text)
{
	struct buf details = BUF_INIT, err = BUF_INIT;
	bool killed = WIFSIGNALED(status),
	     failed = killed || (WEXITSTATUS(status) && !call->any_exit);
	const char *line, *colon;
	bool done;
	int n;

	buf_addf(&details, "{\"%s\":%d", killed ? "signal" : "status",
		 killed ? WTERMSIG(status) : WEXITSTATUS(status));
	done = command_output(call, f, failed, &details, &err);
	buf_addc(&details, '}');
	line = last_line(&err, &n);
	colon = n ? ": " : "";
	if (!done || !buf_ok(&details))
		fail(text, "system", false, NULL, "cannot read back the output of step '%s'",
		     call->step);
	else if (killed)
		fail(text, "signal", false, &details, "killed by SIG%s%s%.*s",
		     sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "RT", colon,
		     n, line);
	else if (failed)
		fail(text, "exit", false, &details, "exit status %d%s%.*s", WEXITSTATUS(status),
		     colon, n, line);
	else
		buf_add(text, details.data, details.len);
	buf_release(&details);
	buf_release(&err);
	return done && !failed;
}

/* Its processes are there; what became of them. */
static bool finish(const struct command_call *call, const struct command_setup *setup,
		   const struct command_files *files, struct command_filter *filter, pid_t pid,
		   struct buf *text)
{
	int status, rc = await(call, filter, pid, &status);
	int sys = atomic_load(&call->slot->exec_errno);

	if (rc < 0)
		return fail(text, "system", false, NULL, "the exit status was lost: %s",
			    strerror(errno));
	if (sys)
		return not_executed(call, setup, sys, text);
	if (filter->sys)
		return fail(text, "system", false, NULL, "cannot write the output of step '%s': %s",
			    call->step, strerror(filter->sys));
	return ended(call, files, status, text);
}

bool command_run(const struct command_call *call, struct buf *text)
{
	struct command_setup setup;
	struct command_files files = COMMAND_FILES_INIT;
	struct command_filter filter = COMMAND_FILTER_INIT;
	const char *problem = command_setup(&setup, call);
	bool completed = false;
	pid_t pid;

	if (problem) {
		fail(text, "bad_command", true, NULL, "%s", problem);
		command_setup_release(&setup);
		return false;
	}
	if (command_files_open(&files, call, &setup) < 0)
		fail(text, "system", false, NULL, "cannot open the log of step '%s': %s",
		     call->step, strerror(errno));
	else if (command_filter_open(&filter, call->mask, files.give_out, files.give_err) < 0)
		fail(text, "system", false, NULL, "cannot make a pipe for step '%s': %s",
		     call->step, strerror(errno));
	else if ((pid = spawn(call, &setup, files.in, &filter)) < 0)
		fail(text, "system", false, NULL, "cannot fork for '%s': %s", setup.argv.list[0],
		     strerror(errno));
	else
		completed = finish(call, &setup, &files, &filter, pid, text);
	command_filter_close(&filter);
	command_files_close(&files, call);
	command_setup_release(&setup);
	return completed;
}

void command_rest(struct command_logs *logs)
{
	command_log_rest(&logs->out);
	command_log_rest(&logs->err);
}
