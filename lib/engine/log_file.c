/* SPDX-License-Identifier: MIT */
#include "log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ABOVE = 3 }; /* <nnn>, logs, the run */

/* One component less; false: there is no more above. */
static bool go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || slash == path)
		return false;
	*slash = '\0';
	return true;
}

/* The folders that path is in, as far as they are missing. */
static int make_folders(const char *path)
{
	char folder[PATH_MAX], above[PATH_MAX];

	if (strlen(path) >= sizeof folder)
		return -1;
	strcpy(folder, path);
	if (!go_up(folder))
		return -1;
	strcpy(above, folder);
	if (!go_up(above) || !strrchr(above, '/') || strrchr(above, '/') == above)
		return -1;
	if (mkdir(above, 0700) < 0 && errno != EEXIST)
		return -1;
	return mkdir(folder, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

int log_file_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CREAT, 0600);

	if (fd < 0 && errno == ENOENT && make_folders(path) == 0)
		fd = open(path, flags | O_CREAT, 0600);
	return fd;
}

/* Where a file system has no O_TMPFILE: a file of the run's folder whose name is gone at once, and
 * is one of those that the next driver clears away (sweep.h) if we die before. */
static int open_and_unname(const char *run)
{
	char name[PATH_MAX];
	int fd;

	if (snprintf(name, sizeof name, "%s/.tmp-%d-XXXXXX", run, (int)getpid()) >=
	    (int)sizeof name)
		return -1;
	fd = mkostemp(name, O_APPEND | O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

int log_file_unnamed(const char *path, bool namable)
{
	char folder[PATH_MAX];
	int fd = -1, above = 0;

	errno = ENAMETOOLONG;
	if (strlen(path) >= sizeof folder)
		return -1;
	strcpy(folder, path);
	errno = ENOENT;
	for (; fd < 0 && errno == ENOENT && above < ABOVE && go_up(folder); above++)
		fd = open(folder, O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
	if (fd >= 0 || errno == ENOENT || namable)
		return fd;
	while (above < ABOVE && go_up(folder))
		above++;
	return open_and_unname(folder);
}

const char *log_file_again(int fd, char (*ret)[40])
{
	snprintf(*ret, sizeof *ret, "/proc/self/fd/%d", fd);
	return *ret;
}

int log_file_name(int fd, const char *path)
{
	char again[40];
	int rc;

	log_file_again(fd, &again);
	rc = linkat(AT_FDCWD, again, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
	if (rc < 0 && errno == ENOENT && make_folders(path) == 0)
		rc = linkat(AT_FDCWD, again, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
	return rc;
}
