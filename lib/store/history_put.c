/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a segment, on their way to the disk.
 *
 *   fill   newlines up to where the next lines end, and beyond: written and synced before any line
 *          overwrites them
 *   put    lines over that filling; durable once history_sync has called fdatasync
 *
 * Through the kernel's cache a line of 150 bytes costs a page of the device. Where the file allows
 * it (os.h, direct) lines go past the cache, in whole blocks of the device: the first block of a
 * write repeats what it holds already, the last one ends in filling. So a death or a power cut
 * finds the same as it does behind the cache: old lines whole, new ones there, torn or not. All who
 * read go through the cache, and the kernel keeps that true. Lines that would reach into a second
 * block begin there, and the filling before them stays: one block is written in place of two.
 */
#include "history_internal.h"

#include "../base/error.h"
#include "../os/os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FILL_BYTES 65536
#define FILL_FRESH 16384 /* a short run shall begin quickly */
#define FILL_LONG 262144 /* the file system's records of a filling cost more than its newlines */
#define FILL_SPARE 4096  /* for the line that crosses the bound of a segment */

static int put_filling(struct history *h, uint64_t end, struct err *err)
{
	char *newlines = malloc(FILL_BYTES);
	ssize_t put = 0;

	if (!newlines)
		return err_nomem(err);
	memset(newlines, '\n', FILL_BYTES);
	while (put >= 0 && h->capacity < end) {
		uint64_t left = end - h->capacity;
		size_t part = left < FILL_BYTES ? (size_t)left : FILL_BYTES;

		put = h->os->ops->pwrite(h->os, h->fd, newlines, part, h->capacity);
		h->capacity += put < 0 ? 0 : part;
	}
	free(newlines);
	return put < 0 ? history_broke(h, (int)-put, "extend", err) : 0;
}

static int leave_direct(struct history *h)
{
	int rc = h->direct.unit ? h->os->ops->direct(h->os, h->fd, false) : 0;

	h->direct.unit = 0;
	return rc < 0 ? rc : 0;
}

/* Go past the cache from here on, if the file allows it; else go on as before. The end of the lines
 * must be filled up to a whole block. */
static void enter_direct(struct history *h)
{
	struct direct *direct = &h->direct;
	size_t tail = (size_t)(h->offset % OS_DIRECT_MAX);
	int unit;

	if (!direct->block && posix_memalign((void **)&direct->block, OS_DIRECT_MAX, DIRECT_BYTES))
		return;
	if (tail &&
	    h->os->ops->pread(h->os, h->fd, direct->block, tail, h->offset - tail) != (ssize_t)tail)
		return;
	unit = h->os->ops->direct(h->os, h->fd, true);
	if (unit <= 0)
		return;
	direct->unit = (size_t)unit;
	direct->held = tail % direct->unit;
	memmove(direct->block, direct->block + tail - direct->held, direct->held);
}

/* A run that has come to its second segment is a long one: a segment at once, if it is no huge one.
 */
static uint64_t fill_step(const struct history *h)
{
	uint64_t whole = h->segment_bytes < FILL_LONG ? h->segment_bytes : FILL_LONG;

	if (h->segment > 1)
		return (whole / FILL_SPARE + 2) * FILL_SPARE;
	return h->capacity ? FILL_BYTES : FILL_FRESH;
}

int history_fill(struct history *h, uint64_t n, struct err *err)
{
	uint64_t step = fill_step(h);
	int rc = leave_direct(h);

	if (rc < 0)
		return history_broke(h, -rc, "extend", err);
	rc = put_filling(h, (h->offset + n + step - 1) / step * step, err);
	if (rc < 0)
		return rc;
	rc = h->os->ops->sync(h->os, h->fd);
	if (rc < 0)
		return history_broke(h, -rc, "sync", err);
	enter_direct(h);
	return 0;
}

void history_skip(struct history *h, size_t n)
{
	struct direct *direct = &h->direct;

	if (n <= direct->unit && direct->held + n > direct->unit) {
		h->offset += direct->unit - direct->held;
		direct->held = 0;
	}
}

static int put_direct(struct history *h, const char *data, size_t n)
{
	struct direct *direct = &h->direct;
	uint64_t at = h->offset - direct->held;

	while (n > 0) {
		size_t room = DIRECT_BYTES - direct->held, part = n < room ? n : room;
		size_t end = direct->held + part;
		size_t whole = (end + direct->unit - 1) / direct->unit * direct->unit;
		size_t done = end / direct->unit * direct->unit;
		ssize_t put;

		memcpy(direct->block + direct->held, data, part);
		memset(direct->block + end, '\n', whole - end);
		put = h->os->ops->pwrite(h->os, h->fd, direct->block, whole, at);
		if (put < 0)
			return (int)put;
		memmove(direct->block, direct->block + done, end - done);
		direct->held = end - done;
		at += done;
		data += part;
		n -= part;
	}
	return 0;
}

int history_put(struct history *h, const char *data, size_t n)
{
	ssize_t put = -EINVAL;

	if (h->direct.unit)
		put = put_direct(h, data, n);
	if (put == -EINVAL) { /* a file system that promised more than it does */
		int rc = leave_direct(h);

		put = rc < 0 ? rc : h->os->ops->pwrite(h->os, h->fd, data, n, h->offset);
	}
	return put < 0 ? (int)put : 0;
}

void history_let_go(struct history *h)
{
	if (h->fd >= 0)
		h->os->ops->close(h->os, h->fd);
	h->fd = -1;
	h->direct.unit = 0;
}

int history_put_again(struct history *h)
{
	char *chunk = malloc(FILL_BYTES);
	ssize_t n = chunk ? 0 : -ENOMEM;

	for (uint64_t at = h->unproven; n >= 0 && at < h->offset; at += (uint64_t)n) {
		uint64_t left = h->offset - at;

		n = h->os->ops->pread(h->os, h->fd, chunk,
				      left < FILL_BYTES ? (size_t)left : FILL_BYTES, at);
		if (n == 0)
			n = -EIO;
		if (n > 0)
			n = h->os->ops->pwrite(h->os, h->fd, chunk, (size_t)n, at);
	}
	free(chunk);
	return n < 0 ? (int)n : 0;
}
