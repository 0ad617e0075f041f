/* SPDX-License-Identifier: MIT */
#include "../../lib/os/os.h"
#include "folder.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>

static struct os *os;

static void test_read_write(void)
{
	const char *path = in_folder("file");
	char data[16] = "";
	struct os_stat st;
	int fd = os->ops->open(os, path, O_RDWR | O_CREAT | O_EXCL, 0600);

	ok(fd >= 0, "open makes a file");
	is_int(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC, "closed on exec");
	is_int(os->ops->pwrite(os, fd, "world", 5, 6), 5, "write behind the end");
	is_int(os->ops->pwrite(os, fd, "hello ", 6, 0), 6, "write at the start");
	is_int(os->ops->pread(os, fd, data, sizeof data, 0), 11,
	       "a read is short at the end of file");
	is_str(data, "hello world", "what was written");
	is_int(os->ops->pread(os, fd, data, 1, 100), 0, "nothing behind the end");
	is_int(os->ops->datasync(os, fd), 0, "datasync");
	is_int(os->ops->sync(os, fd), 0, "sync");
	is_int(os->ops->truncate(os, fd, 5), 0, "truncate");
	is_int(os->ops->fstat(os, fd, &st), 0, "fstat");
	ok(st.kind == OS_FILE && st.size == 5 && st.mode == 0600 && st.uid == getuid() &&
		   st.inode && st.mtime > INT64_C(1600000000000000000),
	   "tells kind, size, mode, owner, inode and time");
	is_int(os->ops->close(os, fd), 0, "close");
	is_int(os->ops->close(os, fd), -EBADF, "not twice");
	is_int(os->ops->open(os, path, O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST, "exclusive");
	is_int(os->ops->open(os, in_folder("none"), O_RDONLY, 0), -ENOENT,
	       "open what is not there");
	is_int(os->ops->pread(os, fd, data, 1, 0), -EBADF, "read from a closed handle");
	is_int(os->ops->pwrite(os, fd, "x", 1, 0), -EBADF, "write to a closed handle");
	is_int(os->ops->datasync(os, fd), -EBADF, "datasync of a closed handle");
	is_int(os->ops->sync(os, fd), -EBADF, "sync of a closed handle");
	is_int(os->ops->truncate(os, fd, 0), -EBADF, "truncate of a closed handle");
	is_int(os->ops->fstat(os, fd, &st), -EBADF, "fstat of a closed handle");
	is_int(os->ops->lock(os, fd, false), -EBADF, "lock of a closed handle");
	is_int(os->ops->lock_query(os, fd), -EBADF, "lock query of a closed handle");
}

static void test_full(void)
{
	char page[4096] = "";
	int fd = os->ops->open(os, "/dev/full", O_WRONLY, 0);

	is_int(os->ops->pwrite(os, fd, page, sizeof page, 0), -ENOSPC, "a full disk is told");
	os->ops->close(os, fd);
}

static void test_links(void)
{
	struct os_stat st;

	if (symlink("file", in_folder("link")) < 0)
		bail_out("symlink: %s", strerror(errno));
	is_int(os->ops->open(os, in_folder("link"), O_RDONLY, 0), -ELOOP, "open follows no link");
	is_int(os->ops->lstat(os, in_folder("link"), &st), 0, "lstat of a link");
	is_int(st.kind, OS_LINK, "is a link");
	is_int(os->ops->lstat(os, in_folder("none"), &st), -ENOENT, "lstat of nothing");
	is_int(os->ops->lstat(os, "/dev/null", &st), 0, "lstat of a device");
	is_int(st.kind, OS_OTHER, "is something else");
}

static void test_names(void)
{
	const char *a = in_folder("a"), *b = in_folder("b"), *dir = in_folder("dir");
	struct os_stat st;

	put_file(a, "x", 1);
	is_int(os->ops->link(os, a, b), 0, "link");
	is_int(os->ops->link(os, a, b), -EEXIST, "a link replaces nothing");
	is_int(os->ops->unlink(os, a), 0, "unlink");
	is_int(os->ops->unlink(os, a), -ENOENT, "not twice");
	is_int(os->ops->rename(os, b, a), 0, "rename");
	is_int(os->ops->rename(os, b, a), -ENOENT, "not twice");
	is_int(os->ops->mkdir(os, dir, 0700), 0, "mkdir");
	is_int(os->ops->mkdir(os, dir, 0700), -EEXIST, "not twice");
	is_int(os->ops->lstat(os, dir, &st), 0, "lstat of a folder");
	ok(st.kind == OS_DIRECTORY && st.mode == 0700, "tells that it is one, and its mode");
	is_int(os->ops->sync_dir(os, dir), 0, "sync_dir");
	is_int(os->ops->sync_dir(os, a), -ENOTDIR, "not of a file");
	is_int(os->ops->sync_dir(os, in_folder("none")), -ENOENT, "nor of nothing");
	is_int(os->ops->rename(os, a, in_folder("dir/a")), 0, "rename into a folder");
	is_int(os->ops->rmdir(os, dir), -ENOTEMPTY, "rmdir of a folder that holds something");
	is_int(os->ops->unlink(os, in_folder("dir/a")), 0, "unlink in it");
	is_int(os->ops->rmdir(os, dir), 0, "rmdir");
	is_int(os->ops->rmdir(os, dir), -ENOENT, "not twice");
}

struct seen {
	int files, folders, links, others, stop_after, calls;
};

static int each(void *arg, const char *name, enum os_kind kind)
{
	struct seen *seen = arg;

	if (name[0] == '.')
		return -EINVAL;
	seen->files += kind == OS_FILE;
	seen->folders += kind == OS_DIRECTORY;
	seen->links += kind == OS_LINK;
	seen->others += kind == OS_OTHER;
	return ++seen->calls == seen->stop_after ? 77 : 0;
}

static void test_list(void)
{
	struct seen seen = {0};

	mkdir(in_folder("list"), 0700);
	is_int(os->ops->list(os, in_folder("list"), each, &seen), 0, "list of an empty folder");
	is_int(seen.calls, 0, "calls nothing");
	put_file(in_folder("list/a"), "", 0);
	put_file(in_folder("list/b"), "", 0);
	mkdir(in_folder("list/c"), 0700);
	if (symlink("x", in_folder("list/d")) < 0 || mkfifo(in_folder("list/e"), 0600) < 0)
		bail_out("cannot make files: %s", strerror(errno));
	is_int(os->ops->list(os, in_folder("list"), each, &seen), 0, "list");
	ok(seen.files == 2 && seen.folders == 1 && seen.links == 1 && seen.others == 1,
	   "every entry with its kind, but . and ..");
	seen = (struct seen){.stop_after = 2};
	is_int(os->ops->list(os, in_folder("list"), each, &seen), 77,
	       "it stops when told, with that value");
	is_int(seen.calls, 2, "at once");
	is_int(os->ops->list(os, in_folder("none"), each, &seen), -ENOENT, "list of nothing");
	is_int(os->ops->list(os, in_folder("list/a"), each, &seen), -ENOTDIR, "list of a file");
	if (symlink("list", in_folder("to-list")) < 0)
		bail_out("symlink: %s", strerror(errno));
	ok(os->ops->list(os, in_folder("to-list"), each, &seen) < 0, "list follows no link");
}

/* A child that holds a copy of fd until the pipe that is returned closes. */
static int hold_in_child(int fd, pid_t *ret_pid)
{
	int ends[2];
	char byte;

	if (pipe(ends) < 0)
		bail_out("pipe: %s", strerror(errno));
	*ret_pid = fork();
	if (*ret_pid == 0) {
		close(ends[1]);
		_exit(read(ends[0], &byte, 1) == 0 && fcntl(fd, F_GETFD) >= 0 ? 0 : 1);
	}
	close(ends[0]);
	return ends[1];
}

static void test_lock(void)
{
	const char *path = in_folder("lock");
	int mine = os->ops->open(os, path, O_RDWR | O_CREAT, 0600);
	int other = os->ops->open(os, path, O_RDWR, 0), hold, status;
	pid_t child;

	is_int(os->ops->lock_query(os, other), OS_LOCK_FREE, "promise 5: a lock is free at first");
	is_int(os->ops->lock(os, mine, false), 0, "promise 5: it can be taken");
	is_int(os->ops->lock(os, mine, false), 0, "again by its holder");
	is_int(os->ops->lock_query(os, mine), OS_LOCK_FREE,
	       "nobody else holds it, says the holder");
	is_int(os->ops->lock_query(os, other), OS_LOCK_HELD, "somebody holds it, say others");
	is_int(os->ops->lock(os, other, false), -EAGAIN,
	       "promise 5: and it is not to be had twice");
	hold = hold_in_child(mine, &child);
	os->ops->close(os, mine);
	is_int(os->ops->lock(os, other, false), -EAGAIN,
	       "promise 5: a child that inherited it holds it on");
	/* the wait ends when the child does, which happens while this process waits */
	close(hold);
	is_int(os->ops->lock(os, other, true), 0, "promise 5: free when the last holder is gone");
	waitpid(child, &status, 0);
	is_int(status, 0, "the child held it to its end");
	os->ops->close(os, other);
}

static void on_alarm(int sig)
{
	(void)sig;
}

/* Interruptions do not show: the lock is awaited through them. */
static void test_interrupted(void)
{
	const char *path = in_folder("eintr");
	struct sigaction action = {.sa_handler = on_alarm};
	struct itimerval every = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
	int mine = os->ops->open(os, path, O_RDWR | O_CREAT, 0600);
	int other = os->ops->open(os, path, O_RDWR, 0), hold;
	pid_t child;

	os->ops->lock(os, mine, false);
	hold = hold_in_child(mine, &child);
	os->ops->close(os, mine);
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	if (fork() == 0) {
		/* lets the holder go after ten ticks of its own timer */
		setitimer(ITIMER_REAL, &every, NULL);
		for (int i = 0; i < 10; i++)
			pause();
		kill(child, SIGKILL);
		_exit(0);
	}
	is_int(os->ops->lock(os, other, true), 0, "interrupted waits go on");
	setitimer(ITIMER_REAL, &never, NULL);
	close(hold);
	while (wait(NULL) > 0)
		;
	os->ops->close(os, other);
}

static void test_clock_and_chance(void)
{
	uint8_t a[300] = {0}, b[300] = {0};
	struct timeval wall;
	int64_t now, before, after;

	gettimeofday(&wall, NULL);
	now = os->ops->now(os);
	ok(now - (int64_t)wall.tv_sec * 1000 < 10000 && now >= (int64_t)wall.tv_sec * 1000,
	   "now is the wall clock in milliseconds");
	before = os->ops->monotonic(os);
	after = os->ops->monotonic(os);
	ok(before > 0 && after >= before && after - before < 10000000,
	   "monotonic is in microseconds");
	is_int(os->ops->random(os, a, sizeof a), 0,
	       "random bytes, more than the kernel gives at once");
	is_int(os->ops->random(os, b, sizeof b), 0, "and again");
	ok(memcmp(a, b, sizeof a) != 0 && memcmp(a + 256, b + 256, 44) != 0, "differ to the end");
}

int main(void)
{
	os = os_system();
	folder_make();
	test_read_write();
	test_full();
	test_links();
	test_names();
	test_list();
	test_lock();
	test_interrupted();
	test_clock_and_chance();
	return done_testing();
}
