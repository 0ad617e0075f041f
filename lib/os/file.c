/* SPDX-License-Identifier: MIT */
#include "file.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536

static int not_found(struct err *err, int sys, const char *path)
{
	int rc = err_set(err, ERR_NOT_FOUND, "cannot open '%s': %s", path, strerror(sys));

	if (err && err->code == ERR_NOT_FOUND && !err->sys)
		err->sys = sys;
	return rc;
}

/* Open a regular file for reading; a FIFO does not block, a link is not followed. Returns a handle.
 */
static int open_regular(struct os *os, const char *path, struct os_stat *ret, struct err *err)
{
	int fd = os->ops->open(os, path, O_RDONLY | O_NONBLOCK, 0), rc;

	if (fd == -ENOENT || fd == -ENOTDIR)
		return not_found(err, -fd, path);
	if (fd == -ELOOP)
		return err_set(err, ERR_DAMAGED, "'%s' is a symbolic link", path);
	if (fd == -ENXIO)
		return err_set(err, ERR_DAMAGED, "'%s' is not a regular file", path);
	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s'", path);
	rc = os->ops->fstat(os, fd, ret);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot stat '%s'", path);
	else if (ret->kind != OS_FILE)
		rc = err_set(err, ERR_DAMAGED, "'%s' is not a regular file", path);
	if (rc < 0) {
		os->ops->close(os, fd);
		return rc;
	}
	return fd;
}

static int too_large(struct err *err, const char *path, size_t limit)
{
	return err_set(err, ERR_DAMAGED, "'%s' is larger than %zu bytes", path, limit);
}

/* Read to the end of file, as it was when it was opened: then it had the expected size. */
static int read_all(struct os *os, int fd, const char *path, size_t limit, size_t expected,
		    struct buf *ret, struct err *err)
{
	size_t total = 0;

	for (;;) {
		size_t want = expected > total ? expected - total : CHUNK;
		char *to = buf_reserve(ret, want);
		ssize_t got;

		if (!to)
			return err_nomem(err);
		got = os->ops->pread(os, fd, to, want, total);
		if (got < 0)
			return err_sys(err, (int)-got, "cannot read '%s'", path);
		ret->len += (size_t)got;
		ret->data[ret->len] = '\0';
		total += (size_t)got;
		if (total > limit)
			return too_large(err, path, limit);
		if ((size_t)got < want || total == expected)
			return 0;
	}
}

int os_read_file(struct os *os, const char *path, size_t limit, struct buf *ret, struct err *err)
{
	size_t before = ret->len;
	struct os_stat st;
	int fd = open_regular(os, path, &st, err), rc;

	if (fd < 0)
		return fd;
	if (st.size > limit)
		rc = too_large(err, path, limit);
	else
		rc = read_all(os, fd, path, limit, (size_t)st.size, ret, err);
	os->ops->close(os, fd);
	if (rc < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return rc;
}

/* The folder that path is in. New. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	if (slash == path)
		return strdup("/");
	return strndup(path, (size_t)(slash - path));
}

/* Make ".tmp-<pid>-<start>-<random>" beside path and open it for writing. Returns a handle;
 * ret_name is new. */
static int open_temporary(struct os *os, const char *path, mode_t mode, char **ret_name,
			  struct err *err)
{
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash + 1 - path) : 0;
	struct process_id self = process_self();
	uint64_t chance;
	char *name;
	int rc;

	rc = os->ops->random(os, &chance, sizeof chance);
	if (rc < 0)
		return err_sys(err, -rc, "cannot get random bytes");
	name = str_format("%.*s.tmp-%d-%llu-%016llx", folder, path, (int)self.pid,
			  (unsigned long long)self.started, (unsigned long long)chance);
	if (!name)
		return err_nomem(err);
	rc = os->ops->open(os, name, O_WRONLY | O_CREAT | O_EXCL, mode);
	if (rc < 0) {
		rc = err_sys(err, -rc, "cannot create '%s'", name);
		free(name);
		return rc;
	}
	*ret_name = name;
	return rc;
}

static int sync_parent(struct os *os, const char *path, struct err *err)
{
	char *folder = parent_of(path);
	int rc;

	if (!folder)
		return err_nomem(err);
	rc = os->ops->sync_dir(os, folder);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot sync '%s'", folder);
	free(folder);
	return rc;
}

/* Close the temporary and give it its name; on any failure remove it. */
static int finish_temporary(struct os *os, int fd, const char *temporary, const char *path,
			    bool durable, int rc, struct err *err)
{
	int closed;

	if (rc == 0 && durable) {
		rc = os->ops->sync(os, fd);
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot sync '%s'", temporary);
	}
	closed = os->ops->close(os, fd);
	if (rc == 0 && closed < 0)
		rc = err_sys(err, -closed, "cannot close '%s'", temporary);
	if (rc == 0) {
		rc = os->ops->rename(os, temporary, path);
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot rename '%s' to '%s'", temporary, path);
	}
	if (rc < 0) {
		os->ops->unlink(os, temporary);
		return rc;
	}
	return durable ? sync_parent(os, path, err) : 0;
}

static int write_at(struct os *os, int fd, const char *path, const void *data, size_t n,
		    uint64_t offset, struct err *err)
{
	ssize_t rc = n ? os->ops->pwrite(os, fd, data, n, offset) : 0;

	return rc < 0 ? err_sys(err, (int)-rc, "cannot write '%s'", path) : 0;
}

static int replace(struct os *os, const char *path, const void *data, size_t n, mode_t mode,
		   bool durable, struct err *err)
{
	char *temporary;
	int fd = open_temporary(os, path, mode, &temporary, err), rc;

	if (fd < 0)
		return fd;
	rc = write_at(os, fd, temporary, data, n, 0, err);
	rc = finish_temporary(os, fd, temporary, path, durable, rc, err);
	free(temporary);
	return rc;
}

int os_replace(struct os *os, const char *path, const void *data, size_t n, mode_t mode,
	       struct err *err)
{
	return replace(os, path, data, n, mode, true, err);
}

int os_replace_soft(struct os *os, const char *path, const void *data, size_t n, mode_t mode,
		    struct err *err)
{
	return replace(os, path, data, n, mode, false, err);
}

static int copy_bytes(struct os *os, int in, int out, const char *from, const char *to,
		      struct err *err)
{
	char *chunk = malloc(CHUNK);
	uint64_t at = 0;
	ssize_t got;
	int rc = 0;

	if (!chunk)
		return err_nomem(err);
	do {
		got = os->ops->pread(os, in, chunk, CHUNK, at);
		if (got < 0)
			rc = err_sys(err, (int)-got, "cannot read '%s'", from);
		else
			rc = write_at(os, out, to, chunk, (size_t)got, at, err);
		at += got > 0 ? (uint64_t)got : 0;
	} while (rc == 0 && got == CHUNK);
	free(chunk);
	return rc;
}

int os_copy_file(struct os *os, const char *from, const char *to, mode_t mode, struct err *err)
{
	struct os_stat st;
	char *temporary;
	int in = open_regular(os, from, &st, err), out, rc;

	if (in < 0)
		return in;
	out = open_temporary(os, to, mode, &temporary, err);
	if (out < 0) {
		os->ops->close(os, in);
		return out;
	}
	rc = copy_bytes(os, in, out, from, temporary, err);
	os->ops->close(os, in);
	rc = finish_temporary(os, out, temporary, to, true, rc, err);
	free(temporary);
	return rc;
}

bool os_exists(struct os *os, const char *path)
{
	struct os_stat st;

	return os->ops->lstat(os, path, &st) == 0;
}

int os_look(struct os *os, const char *path, struct err *err)
{
	struct os_stat st;
	int rc = os->ops->lstat(os, path, &st);

	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "cannot stat '%s'", path);
	return rc == 0;
}

int os_sync_file(struct os *os, const char *path, struct err *err)
{
	int fd = os->ops->open(os, path, O_RDONLY, 0), rc = fd < 0 ? fd : os->ops->sync(os, fd);

	if (fd >= 0)
		os->ops->close(os, fd);
	return rc < 0 ? err_sys(err, -rc, "cannot sync '%s'", path) : 0;
}
