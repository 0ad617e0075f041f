/* SPDX-License-Identifier: MIT */
/*
 * Writing a history.
 *
 *   append   encode into memory; a full segment is synced and left first
 *   sync     fill ahead where the lines do not fit, one write, one fdatasync (history_put.c)
 *
 * A segment goes: made and filled -> its folder synced -> lines -> cut -> left. It is left only
 * when all its lines and its cut are durable; so a segment that has a successor is complete and
 * clean. (A cut that is not synced may leave zeros behind the lines: the file system clears the
 * rest of the block before it shortens the file.)
 *
 * Promise 1: h->durable moves only behind a successful fdatasync. The kernel may forget what a
 * failed one was to write, so after it the history is broken and serves nothing until it is opened
 * again.
 */
#include "history_internal.h"

#include "../base/error.h"
#include "../os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WRITE_MAX 32768
#define PENDING_KEPT (1 << 20)

int history_broke(struct history *h, int sys, const char *what, struct err *err)
{
	h->broken = true;
	return err_sys(err, sys, "cannot %s '%s/%06u.jsonl'", what, h->dir, h->segment);
}

static int check_writable(const struct history *h, struct err *err)
{
	if (h->broken)
		return err_set(err, ERR_SYSTEM,
			       "history '%s' failed before and must be opened again", h->dir);
	if (!h->writable || !h->ended)
		return err_set(err, ERR_USAGE,
			       "history '%s' was not opened for writing and read to its end",
			       h->dir);
	return 0;
}

/*
 * Promise 1: the lines of the last sync are about to be believed. The driver that wrote them may
 * not have lived to sync them; or its sync has failed, and the kernel shows them from its cache,
 * takes them for written, and would not write them at a sync of ours. So they are written again. A
 * torn rest is cut off before anything is written in its place.
 */
int history_settle(struct history *h, bool torn, struct err *err)
{
	struct os_stat st;
	int rc;

	if (h->fd < 0)
		return 0;
	if (torn) {
		rc = h->os->ops->truncate(h->os, h->fd, h->offset);
		if (rc < 0)
			return history_broke(h, -rc, "cut", err);
	}
	rc = history_put_again(h);
	if (rc < 0)
		return history_broke(h, -rc, "write", err);
	rc = h->os->ops->sync(h->os, h->fd);
	if (rc < 0)
		return history_broke(h, -rc, "sync", err);
	rc = h->os->ops->fstat(h->os, h->fd, &st);
	if (rc < 0)
		return history_broke(h, -rc, "stat", err);
	h->capacity = st.size;
	return 0;
}

int history_sync(struct history *h, struct err *err)
{
	int rc = check_writable(h, err);

	if (rc < 0 || h->pending.len == 0)
		return rc;
	history_skip(h, h->pending.len);
	if (h->offset + h->pending.len > h->capacity) {
		rc = history_fill(h, h->pending.len, err);
		if (rc < 0)
			return rc;
	}
	rc = history_put(h, h->pending.data, h->pending.len);
	if (rc < 0)
		return history_broke(h, -rc, "write", err);
	rc = h->os->ops->datasync(h->os, h->fd);
	if (rc < 0)
		return history_broke(h, -rc, "sync", err);
	h->offset += h->pending.len;
	h->durable = (struct history_position){h->seq, h->segment, h->offset};
	if (h->pending.cap > PENDING_KEPT)
		buf_release(&h->pending);
	else
		buf_clear(&h->pending);
	return 0;
}

/* Append one line to memory; on failure memory is as it was. */
static int put_line(struct history *h, struct event *event, const char *fields, size_t n,
		    struct err *err)
{
	size_t before = h->pending.len, len;
	int rc;

	event->seq = h->seq + 1;
	event->batch = (unsigned)(h->seq - h->durable.seq);
	rc = event_encode(&h->pending, event, fields, n, err);
	if (rc == 0 && !buf_ok(&h->pending))
		rc = err_nomem(err);
	len = h->pending.len - before;
	if (rc == 0 && len > LINE_WRITE_MAX)
		rc = err_set(err, ERR_USAGE,
			     "a %s event of %zu bytes is too long for a line of history (%d)",
			     event_type_name(event->type), len, LINE_WRITE_MAX);
	if (rc < 0) {
		h->pending.failed = false;
		h->pending.len = before;
		return rc;
	}
	h->seq++;
	if (event->type == EVENT_STEP_COMPLETED || event->type == EVENT_STEP_FAILED)
		h->steps++;
	return 0;
}

static int put_head(struct history *h, int64_t at, struct err *err)
{
	struct event head = {.type = EVENT_SEGMENT, .at = at};
	struct buf fields = BUF_INIT;
	int rc;

	buf_addf(&fields, "\"segment\":%u,\"steps\":%" PRIu64, h->segment, h->steps);
	if (h->next_generation != h->generation)
		h->first = h->segment;
	h->generation = h->next_generation;
	if (h->generation > 1)
		buf_addf(&fields, ",\"generation\":%u,\"first\":%u", h->generation, h->first);
	if (h->run)
		buf_addf(&fields, ",\"run\":\"%s\"", h->run);
	if (h->pin[0])
		buf_addf(&fields, ",\"module\":\"%s\"", h->pin);
	rc = buf_ok(&fields) ? put_line(h, &head, fields.data, fields.len, err) : err_nomem(err);
	if (rc == 0)
		memcpy(h->module, h->pin, sizeof h->module);
	buf_release(&fields);
	return rc;
}

int history_cut(struct history *h, struct err *err)
{
	int rc;

	if (h->fd < 0 || h->offset >= h->capacity)
		return 0;
	rc = h->os->ops->truncate(h->os, h->fd, h->offset);
	if (rc < 0)
		return history_broke(h, -rc, "cut", err);
	rc = h->os->ops->sync(h->os, h->fd);
	if (rc < 0)
		return history_broke(h, -rc, "sync", err);
	h->capacity = h->offset;
	return 0;
}

/* Leave the segment in hand, all lines of which are durable. */
static int leave(struct history *h, struct err *err)
{
	int rc = history_cut(h, err);

	if (rc == 0)
		history_let_go(h);
	return rc;
}

static int make_segment(struct history *h, struct err *err)
{
	int fd = segment_open(h->os, h->dir, h->segment + 1, O_RDWR | O_CREAT | O_EXCL);

	h->segment++;
	if (fd < 0)
		return history_broke(h, -fd, "create", err);
	h->fd = fd;
	h->offset = h->capacity = 0;
	return 0;
}

/* Begin a segment: a new one, or the one in hand when it has no head yet. */
static int begin_segment(struct history *h, int64_t at, struct err *err)
{
	int rc = history_sync(h, err);

	if (rc < 0)
		return rc;
	if (h->fd < 0 || h->offset > 0) {
		rc = leave(h, err);
		if (rc == 0)
			rc = make_segment(h, err);
	}
	if (rc == 0 && h->capacity == 0)
		rc = history_fill(h, 1, err);
	if (rc < 0)
		return rc;
	rc = h->os->ops->sync_dir(h->os, h->dir);
	return rc < 0 ? history_broke(h, -rc, "sync the folder of", err) : put_head(h, at, err);
}

static bool needs_segment(const struct history *h)
{
	uint64_t end = h->offset + h->pending.len;

	return h->fd < 0 || end == 0 || end >= h->segment_bytes ||
	       h->next_generation != h->generation ||
	       (h->pin[0] && memcmp(h->pin, h->module, SHA_SIZE) != 0);
}

int history_append(struct history *h, struct event *event, const char *fields, size_t fields_len,
		   struct err *err)
{
	int rc = check_writable(h, err);

	if (rc == 0 && needs_segment(h)) {
		if (!h->pin[0])
			memcpy(h->pin, h->module, sizeof h->pin);
		rc = begin_segment(h, event->at, err);
	}
	return rc < 0 ? rc : put_line(h, event, fields, fields_len, err);
}

void history_set_generation(struct history *h, unsigned generation)
{
	h->next_generation = generation;
}

int history_set_module(struct history *h, const char *sha256, struct err *err)
{
	if (strspn(sha256, "0123456789abcdef") != SHA_SIZE - 1 || sha256[SHA_SIZE - 1])
		return err_set(err, ERR_USAGE, "'%.80s' is not a SHA-256", sha256);
	memcpy(h->pin, sha256, SHA_SIZE);
	return 0;
}
