/* SPDX-License-Identifier: MIT */
#include "command_log.h"

#include "../base/mask.h"
#include "../base/str.h"
#include "log_file.h"
#include "worker_output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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
	log->named = log->used = false;
}

static size_t folder_length(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* What the next command gets; -1: that cannot be had. */
static void give(struct command_log *log)
{
	char again[40];

	log->given = open(log_file_again(log->fd, &again), O_WRONLY | O_APPEND | O_CLOEXEC);
	if (log->given < 0)
		drop(log);
}

/* Where it can be had: a file without a name in the log's folder, the one of the last command or a
 * new one. */
static void open_unnamed(struct command_log *log, const char *path)
{
	size_t n = folder_length(path);

	command_log_rest(log);
	if (log->fd >= 0 && strlen(log->folder) == n && !strncmp(log->folder, path, n))
		return;
	drop(log);
	log->folder = n ? strndup(path, n) : strdup("");
	log->fd = log->folder ? log_file_unnamed(path, true) : -1;
	if (log->fd < 0) {
		drop(log);
		return;
	}
	fcntl(log->fd, F_SETSIG, SIGURG); /* of the lease below: one that is ignored */
	give(log);
}

int command_log_open(struct command_log *log, const char *base, const char *end)
{
	char *path = str_format("%s.%s", base, end);
	int sys = ENOMEM;

	if (!path)
		goto out;
	open_unnamed(log, path);
	if (log->fd >= 0) {
		free(path);
		return 0;
	}
	log->fd = log->given = log_file_open(path, O_RDWR | O_TRUNC | O_APPEND | O_CLOEXEC |
							   O_NOFOLLOW | O_NOCTTY);
	sys = errno;
	log->named = log->fd >= 0;
out:
	free(path);
	errno = sys;
	return log->fd < 0 ? -1 : 0;
}

void command_log_name(struct command_log *log, const char *base, const char *end)
{
	char *path = log->named ? NULL : str_format("%s.%s", base, end);

	log->named = log->named || (path && log_file_name(log->fd, path) == 0);
	free(path);
}

static off_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -1 : st.st_size;
}

/* Whether nobody else has it open: what the command left running may write to it yet. */
static bool is_alone(int fd)
{
	return fcntl(fd, F_SETLEASE, F_WRLCK) == 0 && fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

void command_log_remove(const char *base, const char *end)
{
	char *path = str_format("%s.%s", base, end);

	if (path)
		unlink(path);
	free(path);
}

void command_log_end(struct command_log *log, const char *base, const char *end)
{
	bool empty;

	if (log->fd < 0)
		return;
	empty = size_of(log->fd) == 0;
	if (empty && !log->named) {
		log->used = true;
		return;
	}
	if (empty)
		command_log_remove(base, end);
	else
		command_log_name(log, base, end);
	if (!empty && !log->named)
		scratch_collect(log->fd, base, end, &nothing);
	drop(log);
}

void command_log_rest(struct command_log *log)
{
	if (!log->used)
		return;
	log->used = false;
	close_fd(&log->given);
	if (is_alone(log->fd) && size_of(log->fd) == 0)
		give(log);
	else
		drop(log);
}
