/* SPDX-License-Identifier: MIT */
/*
 * A preloaded library that makes one call of a program fail, or kills the
 * program there. For tests; never installed.
 *
 *   WF_FAULT=ACTION:N[:CALLS]   ACTION: kill (before the call), killafter, short
 *                               (half of a write), one (byte of it), full (half of
 *                               it, and ENOSPC at the next call), or an errno name
 *                               (EIO, ENOSPC, EDQUOT, EMFILE, ENOMEM, EINTR, EACCES);
 *                               N: which call, from 1; 0: none, only count
 *                               CALLS: names joined by '+' (default: all below);
 *                               "alloc" stands for malloc, calloc, realloc,
 *                               aligned_alloc and posix_memalign
 *   WF_FAULT_PROGRAM=NAME       only in this program (default wf)
 *   WF_FAULT_STICKY=1           every call from the Nth on fails
 *   WF_FAULT_COUNT=FILE         append the number of calls seen, at exit
 *
 * Only the process that was executed counts; what it forks does not.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum action { NOTHING, KILL, KILL_AFTER, SHORT, FAIL };

static struct {
	enum action action;
	int error, then; /* then: what the call behind a short write gives; 0: nothing */
	bool one;        /* a short write takes one byte */
	long at;
	bool sticky;
	char calls[256];
	pid_t pid;
	const char *count_file;
} fault;

static volatile long seen;

static const struct {
	const char *name;
	int value;
} errors[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EMFILE", EMFILE},
	      {"ENOMEM", ENOMEM}, {"EINTR", EINTR},   {"EACCES", EACCES}, {"EAGAIN", EAGAIN}};

static bool wanted(const char *call)
{
	size_t n = strlen(call);

	if (!fault.calls[0])
		return strcmp(call, "alloc") != 0;
	for (const char *at = fault.calls; (at = strstr(at, call)); at++)
		if ((at == fault.calls || at[-1] == '+') && (at[n] == '\0' || at[n] == '+'))
			return true;
	return false;
}

static void die(void)
{
	syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		pause();
}

/* Whether this call is the one; KILL does not return. */
static enum action strike(const char *call)
{
	long now;

	if (fault.action == NOTHING || !wanted(call) || syscall(SYS_getpid) != fault.pid)
		return NOTHING;
	now = __sync_add_and_fetch(&seen, 1);
	if (fault.then && now == fault.at + 1) {
		fault.error = fault.then;
		return FAIL;
	}
	if (now != fault.at && !(fault.sticky && fault.at && now > fault.at))
		return NOTHING;
	if (fault.action == KILL)
		die();
	return fault.action;
}

/* The same for a call on an open file. What has no disk and no other side behind it (an eventfd,
 * inotify, a process's own pipe) does not fail; the event loop rightly aborts if it did. */
static enum action strike_file(const char *call, int fd)
{
	struct stat st;

	if (syscall(SYS_fstat, fd, &st) == 0 &&
	    ((st.st_mode & S_IFMT) == 0 || S_ISFIFO(st.st_mode)))
		return NOTHING;
	return strike(call);
}

static long finish(enum action action, long result)
{
	if (action == KILL_AFTER)
		die();
	return result;
}

static size_t part_of(size_t n)
{
	return fault.one ? 1 : n / 2;
}

static bool fails(enum action action)
{
	if (action != FAIL)
		return false;
	errno = fault.error;
	return true;
}

__attribute__((constructor)) static void begin(void)
{
	const char *spec = getenv("WF_FAULT"), *program = getenv("WF_FAULT_PROGRAM");
	char word[32] = "";
	int used = 0;

	if (!spec || strcmp(program_invocation_short_name, program ? program : "wf") != 0)
		return;
	if (sscanf(spec, "%31[^:]:%ld:%n", word, &fault.at, &used) < 2)
		return;
	if (used)
		snprintf(fault.calls, sizeof fault.calls, "%s", spec + used);
	fault.sticky = getenv("WF_FAULT_STICKY") != NULL;
	fault.count_file = getenv("WF_FAULT_COUNT");
	fault.pid = getpid();
	fault.action = strcmp(word, "kill") == 0        ? KILL
		       : strcmp(word, "killafter") == 0 ? KILL_AFTER
		       : strcmp(word, "short") == 0     ? SHORT
		       : strcmp(word, "one") == 0       ? SHORT
		       : strcmp(word, "full") == 0      ? SHORT
							: FAIL;
	fault.one = strcmp(word, "one") == 0;
	fault.then = strcmp(word, "full") == 0 ? ENOSPC : 0;
	for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
		if (strcmp(errors[i].name, word) == 0)
			fault.error = errors[i].value;
	if (fault.action == FAIL && !fault.error)
		fault.action = NOTHING;
}

__attribute__((destructor)) static void end(void)
{
	char text[32];
	int fd, n;

	if (!fault.count_file || getpid() != fault.pid)
		return;
	fault.action = NOTHING;
	fd = open(fault.count_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	n = snprintf(text, sizeof text, "%ld\n", seen);
	if (fd >= 0 && write(fd, text, (size_t)n) == n)
		close(fd);
}

#define REAL(type, name, ...) \
	static type (*real)(__VA_ARGS__); \
	if (!real) \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

#define WRAP_OPEN(name) \
	int name(const char *path, int flags, ...) \
	{ \
		va_list ap; \
		mode_t mode; \
		enum action action = strike("open"); \
		REAL(int, name, const char *, int, ...); \
		va_start(ap, flags); \
		mode = va_arg(ap, mode_t); \
		va_end(ap); \
		return fails(action) ? -1 : (int)finish(action, real(path, flags, mode)); \
	}
WRAP_OPEN(open)
WRAP_OPEN(open64)

#define WRAP_OPENAT(name) \
	int name(int folder, const char *path, int flags, ...) \
	{ \
		va_list ap; \
		mode_t mode; \
		enum action action = strike("open"); \
		REAL(int, name, int, const char *, int, ...); \
		va_start(ap, flags); \
		mode = va_arg(ap, mode_t); \
		va_end(ap); \
		return fails(action) ? -1 : (int)finish(action, real(folder, path, flags, mode)); \
	}
WRAP_OPENAT(openat)
WRAP_OPENAT(openat64)

#define WRAP(type, name, call, parameters, arguments) \
	type name parameters \
	{ \
		enum action action = strike(call); \
		static type(*real) parameters; \
		if (!real) \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		return fails(action) ? (type)-1 : (type)finish(action, (long)real arguments); \
	}

#define WRAP_WRITE(name, parameters, arguments, half) \
	ssize_t name parameters \
	{ \
		enum action action = strike_file("write", fd); \
		static ssize_t(*real) parameters; \
		if (!real) \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		if (fails(action)) \
			return -1; \
		if (action == SHORT && n > 1) \
			return real half; \
		return finish(action, real arguments); \
	}

WRAP_WRITE(write, (int fd, const void *data, size_t n), (fd, data, n), (fd, data, part_of(n)))
WRAP_WRITE(pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at),
	   (fd, data, part_of(n), at))
WRAP_WRITE(pwrite64, (int fd, const void *data, size_t n, off64_t at), (fd, data, n, at),
	   (fd, data, part_of(n), at))
#define WRAP_READ(name, parameters, arguments) \
	ssize_t name parameters \
	{ \
		enum action action = strike_file("read", fd); \
		static ssize_t(*real) parameters; \
		if (!real) \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		return fails(action) ? -1 : finish(action, real arguments); \
	}

WRAP_READ(read, (int fd, void *data, size_t n), (fd, data, n))
WRAP_READ(pread, (int fd, void *data, size_t n, off_t at), (fd, data, n, at))
WRAP_READ(pread64, (int fd, void *data, size_t n, off64_t at), (fd, data, n, at))
WRAP(int, fdatasync, "sync", (int fd), (fd))
WRAP(int, fsync, "sync", (int fd), (fd))
WRAP(int, ftruncate, "truncate", (int fd, off_t size), (fd, size))
WRAP(int, ftruncate64, "truncate", (int fd, off64_t size), (fd, size))
WRAP(int, rename, "rename", (const char *from, const char *to), (from, to))
WRAP(int, link, "link", (const char *from, const char *to), (from, to))
WRAP(int, unlink, "unlink", (const char *path), (path))
WRAP(int, mkdir, "mkdir", (const char *path, mode_t mode), (path, mode))
WRAP(int, rmdir, "rmdir", (const char *path), (path))
WRAP(int, stat, "stat", (const char *path, struct stat *st), (path, st))
WRAP(int, lstat, "stat", (const char *path, struct stat *st), (path, st))
WRAP(int, fstat, "stat", (int fd, struct stat *st), (fd, st))
WRAP(int, fstatat, "stat", (int fd, const char *path, struct stat *st, int flags),
     (fd, path, st, flags))
WRAP(ssize_t, getdents64, "list", (int fd, void *data, size_t n), (fd, data, n))
WRAP(int, pipe2, "pipe", (int pair[2], int flags), (pair, flags))
WRAP(int, inotify_init1, "notify", (int flags), (flags))
WRAP(int, inotify_add_watch, "notify", (int fd, const char *path, uint32_t mask), (fd, path, mask))

DIR *opendir(const char *path)
{
	enum action action = strike("list");
	REAL(DIR *, opendir, const char *);
	DIR *folder = fails(action) ? NULL : real(path);

	finish(action, 0);
	return folder;
}

/* Only locks of files; what else fcntl does has no disk behind it. */
#define WRAP_FCNTL(name) \
	int name(int fd, int command, ...) \
	{ \
		va_list ap; \
		void *argument; \
		bool lock = command == F_OFD_SETLK || command == F_OFD_SETLKW || \
			    command == F_OFD_GETLK; \
		enum action action = lock ? strike("lock") : NOTHING; \
		REAL(int, name, int, int, ...); \
		va_start(ap, command); \
		argument = va_arg(ap, void *); \
		va_end(ap); \
		return fails(action) ? -1 : (int)finish(action, real(fd, command, argument)); \
	}
WRAP_FCNTL(fcntl)
WRAP_FCNTL(fcntl64)

/* As the kernel does, a close that fails has closed. */
int close(int fd)
{
	enum action action = strike_file("close", fd);
	REAL(int, close, int);
	int rc = real(fd);

	return fails(action) ? -1 : (int)finish(action, rc);
}

WRAP(ssize_t, send, "send", (int fd, const void *data, size_t n, int flags), (fd, data, n, flags))
WRAP(ssize_t, sendmsg, "send", (int fd, const struct msghdr *message, int flags),
     (fd, message, flags))
WRAP(ssize_t, recvmsg, "recv", (int fd, struct msghdr *message, int flags), (fd, message, flags))
WRAP(int, linkat, "link", (int from_dir, const char *from, int to_dir, const char *to, int flags),
     (from_dir, from, to_dir, to, flags))
WRAP(int, memfd_create, "memfd", (const char *name, unsigned flags), (name, flags))
WRAP(int, chmod, "chmod", (const char *path, mode_t mode), (path, mode))
WRAP(int, statx, "stat", (int fd, const char *path, int flags, unsigned mask, struct statx *st),
     (fd, path, flags, mask, st))

#define WRAP_MMAP(name, offset_t) \
	void *name(void *at, size_t n, int protection, int flags, int fd, offset_t offset) \
	{ \
		enum action action = strike("map"); \
		REAL(void *, name, void *, size_t, int, int, int, offset_t); \
		void *map = fails(action) ? MAP_FAILED \
					  : real(at, n, protection, flags, fd, offset); \
		finish(action, 0); \
		return map; \
	}
WRAP_MMAP(mmap, off_t)
WRAP_MMAP(mmap64, off64_t)

/* It answers with the error, and leaves errno alone. */
#define WRAP_SPAWN(name) \
	int name(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, \
		 const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]) \
	{ \
		enum action action = strike("spawn"); \
		REAL(int, name, pid_t *, const char *, const posix_spawn_file_actions_t *, \
		     const posix_spawnattr_t *, char *const[], char *const[]); \
		return fails(action) ? fault.error \
				     : (int)finish(action, real(pid, path, actions, attributes, \
								argv, envp)); \
	}
WRAP_SPAWN(posix_spawn)
WRAP_SPAWN(posix_spawnp)

WRAP(int, socketpair, "socketpair", (int domain, int type, int protocol, int pair[2]),
     (domain, type, protocol, pair))
WRAP(pid_t, fork, "fork", (void), ())

/* Allocations go to glibc's own names, so that dlsym is not needed before there is memory. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t count, size_t n);
extern void *__libc_realloc(void *old, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

void *malloc(size_t n)
{
	enum action action = strike("alloc");
	return fails(action) ? NULL : __libc_malloc(n);
}

void *calloc(size_t count, size_t n)
{
	enum action action = strike("alloc");
	return fails(action) ? NULL : __libc_calloc(count, n);
}

void *realloc(void *old, size_t n)
{
	enum action action = strike("alloc");
	return fails(action) ? NULL : __libc_realloc(old, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
	enum action action = strike("alloc");
	return fails(action) ? NULL : __libc_memalign(alignment, n);
}

/* It answers with the error, and leaves errno alone. */
int posix_memalign(void **ret, size_t alignment, size_t n)
{
	enum action action = strike("alloc");
	void *memory = action == FAIL ? NULL : __libc_memalign(alignment, n);

	if (!memory)
		return ENOMEM;
	*ret = memory;
	return 0;
}
