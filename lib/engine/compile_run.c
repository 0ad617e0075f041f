/* SPDX-License-Identifier: MIT */
#include "compile_run.h"

#include "../base/buf.h"
#include "../base/error.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int argv_add(struct argv *argv, const char *text, size_t n)
{
	char **grown = realloc(argv->list, (argv->n + 2) * sizeof *grown);

	if (!grown)
		return -1;
	argv->list = grown;
	grown[argv->n] = strndup(text, n);
	if (!grown[argv->n])
		return -1;
	grown[++argv->n] = NULL;
	return 0;
}

int argv_words(struct argv *argv, const char *text)
{
	while (text && *text) {
		size_t n = 0;

		while (isspace((unsigned char)*text))
			text++;
		while (text[n] && !isspace((unsigned char)text[n]))
			n++;
		if (n && argv_add(argv, text, n) < 0)
			return -1;
		text += n;
	}
	return 0;
}

void argv_release(struct argv *argv)
{
	for (size_t i = 0; i < argv->n; i++)
		free(argv->list[i]);
	free(argv->list);
	*argv = (struct argv){NULL, 0};
}

/* The child: nothing to read, two pipes to write to, signals as a program of its own expects them.
 */
static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attr, int out,
		   int messages)
{
	sigset_t none, all;
	int rc;

	sigemptyset(&none);
	sigfillset(&all);
	if ((rc = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0)) ||
	    (rc = posix_spawn_file_actions_adddup2(files, out, 1)) ||
	    (rc = posix_spawn_file_actions_adddup2(files, messages, 2)) ||
	    (rc = posix_spawnattr_setsigmask(attr, &none)) ||
	    (rc = posix_spawnattr_setsigdefault(attr, &all)))
		return rc;
	return posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* The environment with LC_ALL=C, so that the word "error:" can be looked for, and with a PATH, for
 * a compiler that was found without one does not find its own parts. New list of borrowed texts. */
static char **plain_environment(void)
{
	size_t n = 0, kept = 0;
	char **list;

	while (environ && environ[n])
		n++;
	list = calloc(n + 3, sizeof *list);
	if (!list)
		return NULL;
	for (size_t i = 0; i < n; i++)
		if (strncmp(environ[i], "LC_ALL=", 7))
			list[kept++] = environ[i];
	list[kept++] = "LC_ALL=C";
	if (!getenv("PATH"))
		list[kept] = "PATH=/bin:/usr/bin";
	return list;
}

static int spawn(const struct argv *argv, int out, int messages, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char **environment = plain_environment();
	int rc;

	if (!environment)
		return ENOMEM;
	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attr);
	rc = prepare(&files, &attr, out, messages);
	if (!rc)
		rc = posix_spawnp(ret, argv->list[0], &files, &attr, argv->list, environment);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	free(environment);
	return rc;
}

/* Read what has come; false at its end. */
static bool drain(int fd, struct buf *into)
{
	char chunk[65536];
	ssize_t n = read(fd, chunk, sizeof chunk);

	if (n > 0)
		buf_add(into, chunk, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static void drain_both(int out, int messages, struct buf *out_text, struct buf *message_text)
{
	struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = messages, .events = POLLIN}};
	struct buf *texts[2] = {out_text, message_text};

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++) {
			if (fds[i].fd >= 0 && fds[i].revents && !drain(fds[i].fd, texts[i]))
				fds[i].fd = -1;
			fds[i].revents = 0;
		}
	}
}

static int wait_for(pid_t pid, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "cannot wait for the compiler");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void close_pair(const int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(pair[i]);
}

int compile_run(const struct argv *argv, struct buf *out, struct buf *messages, struct err *err)
{
	int a[2] = {-1, -1}, b[2] = {-1, -1}, rc;
	pid_t pid;

	if (pipe2(a, O_CLOEXEC) < 0 || pipe2(b, O_CLOEXEC) < 0) {
		rc = err_sys(err, errno, "cannot make a pipe");
		goto out;
	}
	rc = spawn(argv, a[1], b[1], &pid);
	if (rc) {
		rc = err_set(err, ERR_USAGE,
			     "cannot run the C compiler '%s': %s; install one, or set CC",
			     argv->list[0], strerror(rc));
		goto out;
	}
	close(a[1]);
	close(b[1]);
	a[1] = b[1] = -1;
	drain_both(a[0], b[0], out, messages);
	rc = wait_for(pid, err);
out:
	close_pair(a);
	close_pair(b);
	return rc;
}
