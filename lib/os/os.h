/* SPDX-License-Identifier: MIT */
/*
 * The machine, as the store sees it: one struct of functions, so that a test
 * can put a simulated disk, clock or fault in its place. Every function
 * returns a value >= 0, or -errno. Paths are relative to nothing: the caller
 * gives whole paths. os_system() is the real one.
 *
 * Durations and times are milliseconds since 1970 (wall) unless said.
 */
#ifndef WF_OS_OS_H
#define WF_OS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct os;

enum os_kind { OS_FILE, OS_DIRECTORY, OS_LINK, OS_OTHER };

struct os_stat {
	enum os_kind kind;
	uint64_t size;
	mode_t mode;
	uid_t uid;
	int64_t mtime; /* nanoseconds since 1970 */
	uint64_t inode;
};

#define OS_DIRECT_MAX 4096

enum os_lock_state { OS_LOCK_FREE = 0, OS_LOCK_HELD = 1 };

struct os_ops {
	/* flags as open(2)'s; O_CLOEXEC, O_NOFOLLOW and O_NOCTTY are always added. Returns a
	 * handle. */
	int (*open)(struct os *, const char *path, int flags, mode_t mode);
	int (*close)(struct os *, int fd);
	/* Whole reads and writes: short only at end of file; EINTR is hidden. */
	ssize_t (*pread)(struct os *, int fd, void *data, size_t n, uint64_t offset);
	ssize_t (*pwrite)(struct os *, int fd, const void *data, size_t n, uint64_t offset);
	int (*datasync)(struct os *, int fd);
	int (*sync)(struct os *, int fd);
	int (*sync_dir)(struct os *, const char *path);
	int (*truncate)(struct os *, int fd, uint64_t size);
	/* Writes by fd go past the kernel's cache from now on, or through it again; what they wrote
	 * is durable only behind a datasync all the same. Returns what the address, length and
	 * offset of every read and write must then be multiples of, OS_DIRECT_MAX at most; 0 when
	 * the file cannot: nothing has changed. */
	int (*direct)(struct os *, int fd, bool on);
	int (*fstat)(struct os *, int fd, struct os_stat *ret);
	int (*lstat)(struct os *, const char *path, struct os_stat *ret);
	int (*mkdir)(struct os *, const char *path, mode_t mode);
	int (*rename)(struct os *, const char *from, const char *to);
	int (*link)(struct os *, const char *from, const char *to);
	int (*unlink)(struct os *, const char *path);
	int (*rmdir)(struct os *, const char *path);
	/* Call each for every entry but . and ..; stops early when it returns non-zero, and returns
	 * that. */
	int (*list)(struct os *, const char *path,
		    int (*each)(void *arg, const char *name, enum os_kind kind), void *arg);
	/* An exclusive lock on an open file; shared by fork, let go when the last copy of fd
	 * closes. 0, -EAGAIN when held by another. wait: block until free. */
	int (*lock)(struct os *, int fd, bool wait);
	/* Whether somebody else holds it; takes nothing. */
	int (*lock_query)(struct os *, int fd);
	int64_t (*now)(struct os *);       /* wall clock */
	int64_t (*monotonic)(struct os *); /* microseconds */
	int (*random)(struct os *, void *data, size_t n);
};

struct os {
	const struct os_ops *ops;
};

/* The machine itself. Borrowed; lives for ever. */
struct os *os_system(void);

#endif
