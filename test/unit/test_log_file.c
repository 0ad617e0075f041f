/* SPDX-License-Identifier: MIT */
/* Files of output where the file system has no O_TMPFILE, and whoever makes one dies of it. */
#include "engine/log_file.h"
#include "scratch.h"
#include "store/sweep.h"

#include <dirent.h>
#include <stdarg.h>
#include <sys/syscall.h>

static bool dies;

/* In place of libc's. */
int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int unlink(const char *path)
{
	return dies ? 0 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* What is in a folder, and by that name stays there when its run is driven on. */
static int kept(const char *folder, int *ret_all)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int n = 0;

	*ret_all = 0;
	while (dir && (entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		++*ret_all;
		n += !sweep_is_stray(entry->d_name, true);
	}
	if (dir)
		closedir(dir);
	return n;
}

int main(void)
{
	const char *logs = in_scratch("logs"), *step = in_scratch("logs/001");
	int fd, all;

	mkdir(logs, 0700);
	mkdir(step, 0700);
	fd = log_file_unnamed(in_scratch("logs/001/1"), false);
	ok(fd >= 0 && write(fd, "said", 4) == 4, "a file without a name");
	is_int(kept(step, &all), 0, "its step's folder holds nothing");
	is_int(kept(scratch(), &all), 1, "the run's folder holds its own things");
	is_int(all, 1, "and no more");
	close(fd);

	dies = true;
	fd = log_file_unnamed(in_scratch("logs/001/1"), false);
	kept(step, &all);
	is_int(all, 0, "who dies over it leaves nothing in the step's folder");
	is_int(kept(logs, &all), 1, "nor in that of the logs, where only folders may be");
	is_int(kept(scratch(), &all), 1, "and in the run's folder what the next driver takes away");
	is_int(all, 2, "that is: one file");
	close(fd);

	is_int(log_file_unnamed(in_scratch("logs/001/1"), true), -1,
	       "one that is to get a name cannot be had");
	return done_testing();
}
