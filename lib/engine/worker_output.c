/* SPDX-License-Identifier: MIT */
#include "worker_output.h"

#include "../base/buf.h"
#include "../base/mask.h"
#include "../base/str.h"
#include "log_file.h"
#include "pool_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 16384

int fd_above_stdio(int fd)
{
	int copy, sys;

	if (fd < 0 || fd > 2)
		return fd;
	copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	sys = errno;
	close(fd);
	errno = sys;
	return copy;
}

int scratch_open(const char *log_base)
{
	int fd = log_base ? log_file_unnamed(log_base, false) : -1;

	if (fd < 0)
		fd = memfd_create("output", MFD_CLOEXEC);
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_APPEND);
	return fd_above_stdio(fd);
}

static bool write_all(int to, const char *data, size_t n)
{
	while (n) {
		ssize_t wrote = write(to, data, n);

		if (wrote < 0 && errno != EINTR)
			return false;
		data += wrote < 0 ? 0 : wrote;
		n -= wrote < 0 ? 0 : (size_t)wrote;
	}
	return true;
}

static void copy(int from, int to, off_t size)
{
	char block[BLOCK];
	off_t at = 0;

	while (at < size) {
		ssize_t n = copy_file_range(from, &at, to, NULL, (size_t)(size - at), 0);
		if (n > 0)
			continue;
		n = pread(from, block, sizeof block, at);
		if (n <= 0)
			return;
		at += n;
		if (!write_all(to, block, (size_t)n))
			return;
	}
}

static void copy_masked(int from, int to, const struct mask *mask)
{
	struct buf text = BUF_INIT, out = BUF_INIT;
	ssize_t n = 1;
	off_t at = 0;

	while (n > 0 && buf_reserve(&text, BLOCK)) {
		n = pread(from, text.data + text.len, BLOCK, at);
		at += n > 0 ? n : 0;
		text.len += n > 0 ? (size_t)n : 0;
		buf_clear(&out);
		buf_consume(&text, mask_part(mask, text.data, text.len, n <= 0, &out));
		if (!buf_ok(&out) || !write_all(to, out.data, out.len))
			break;
	}
	buf_release(&text);
	buf_release(&out);
}

/* What is there by that name and no file is left alone. */
static int open_log(const char *path)
{
	int fd = log_file_open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && ftruncate(fd, 0) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void scratch_collect(int fd, const char *log_base, const char *end, const struct mask *mask)
{
	struct stat st;
	char *path;
	int to;

	if (fstat(fd, &st) < 0 || st.st_size == 0)
		return;
	path = log_base ? str_format("%s.%s", log_base, end) : NULL;
	to = path ? open_log(path) : -1;
	if (to >= 0) {
		if (mask->count)
			copy_masked(fd, to, mask);
		else
			copy(fd, to, st.st_size);
		close(to);
	}
	free(path);
	/* a failure leaves the text to the next attempt's log, which beats losing it */
	while (ftruncate(fd, 0) < 0 && errno == EINTR)
		;
}

void scratch_tail(int fd, size_t max, const char *prefix, struct buf *out)
{
	struct stat st;
	char *text;
	off_t from;
	ssize_t n;
	size_t skip;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size == 0)
		return;
	from = st.st_size > (off_t)max ? st.st_size - (off_t)max : 0;
	text = malloc(max);
	n = text ? pread(fd, text, max, from) : -1;
	if (n > 0) {
		skip = from ? text_begin(text, (size_t)n) : 0;
		buf_adds(out, prefix);
		text_add_string(out, text + skip, (size_t)n - skip);
	}
	free(text);
}
