/* SPDX-License-Identifier: MIT */
#include "command_log.h"

#include "../base/mask.h"
#include "../base/str.h"
#include "worker_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct mask nothing; /* what comes in is masked already */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void drop(struct command_log *log)
{
	if (log->given != log->fd)
		close_fd(&log->given);
	log->given = -1;
	close_fd(&log->fd);
	free(log->folder);
	log->folder = NULL;
	log->named = false;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* A descriptor of a file that has no name, or may have lost it. */
static const char *link_of(int fd, char (*ret)[40])
{
	snprintf(*ret, sizeof *ret, "/proc/self/fd/%d", fd);
	return *ret;
}

/* Where it can be had: a file without a name in the log's folder, the one of the last command or a
 * new one. */
static void open_unnamed(struct command_log *log, const char *path)
{
	size_t n = folder_length(path);
	char link[40];

	if (log->fd >= 0 && strlen(log->folder) == n && !strncmp(log->folder, path, n)) {
		log->given = open(link_of(log->fd, &link), O_WRONLY | O_APPEND | O_CLOEXEC);
		if (log->given >= 0)
			return;
	}
	drop(log);
	log->folder = n ? strndup(path, n) : strdup("");
	log->fd = log->folder ? open(n ? log->folder : ".",
				     O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600)
			      : -1;
	if (log->fd >= 0)
		log->given = open(link_of(log->fd, &link), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (log->given < 0)
		drop(log);
	else
		fcntl(log->fd, F_SETSIG, SIGURG); /* of the lease below: one that is ignored */
}

int command_log_open(struct command_log *log, const char *base, const char *end)
{
	char *path = str_format("%s.%s", base, end);
	int sys = ENOMEM;

	if (!path)
		goto out;
	open_unnamed(log, path);
	if (log->fd >= 0) {
		unlink(path);
		free(path);
		return 0;
	}
	log->fd = log->given = open(
		path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY,
		0600);
	sys = errno;
	log->named = log->fd >= 0;
out:
	free(path);
	errno = sys;
	return log->fd < 0 ? -1 : 0;
}

void command_log_name(struct command_log *log, const char *base, const char *end)
{
	char *path = log->named ? NULL : str_format("%s.%s", base, end), link[40];

	log->named = log->named || (path && linkat(AT_FDCWD, link_of(log->fd, &link), AT_FDCWD,
						   path, AT_SYMLINK_FOLLOW) == 0);
	free(path);
}

/* Whether nobody else has it open: what the command left running may write to it yet. */
static bool is_alone(int fd)
{
	return fcntl(fd, F_SETLEASE, F_WRLCK) == 0 && fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

static void remove_name(const char *base, const char *end)
{
	char *path = str_format("%s.%s", base, end);

	if (path)
		unlink(path);
	free(path);
}

void command_log_end(struct command_log *log, const char *base, const char *end)
{
	struct stat st = {.st_size = 0};
	bool empty;

	if (log->fd < 0)
		return;
	empty = fstat(log->fd, &st) == 0 && st.st_size == 0;
	if (log->given != log->fd)
		close_fd(&log->given);
	if (empty && !log->named && is_alone(log->fd))
		return;
	if (empty && log->named)
		remove_name(base, end);
	if (!empty)
		command_log_name(log, base, end);
	if (!empty && !log->named)
		scratch_collect(log->fd, base, end, &nothing);
	drop(log);
}
