/* SPDX-License-Identifier: MIT */
/*
 * The end of a history without its beginning, for status and list.
 *
 * The quick way runs over the last segment without parsing: numbers must follow each other, and
 * only the head, the last line and (by checksum) those that were synced together with it are looked
 * at closely. Where anything is odd, the reader proper decides, from the segment before.
 */
#include "history_internal.h"

#include "../base/error.h"
#include "../os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct tail {
	struct event head, last;
	uint64_t steps;
	bool have_head, have_last;
};

static void tail_release(struct tail *tail)
{
	if (tail->have_head)
		event_release(&tail->head);
	if (tail->have_last)
		event_release(&tail->last);
	tail->have_head = tail->have_last = false;
}

/* A second handle on an event: the body is shared. */
static struct event share(const struct event *event)
{
	struct event shared = *event;

	json_incref(shared.body);
	return shared;
}

struct scan {
	struct line last;     /* text is no longer valid */
	uint64_t first, next; /* numbers: of the head, and behind the last */
	uint64_t outcomes;
};

/* Run over a segment. From number check on, checksums too. 1 when all is well, 0 when anything is
 * odd, or -errno. */
static int scan_segment(struct lines *lines, struct os *os, int fd, uint64_t check,
			struct scan *ret)
{
	struct line line;
	int rc = lines_again(lines, os, fd, 0, 0);

	memset(ret, 0, sizeof *ret);
	if (rc < 0)
		return rc;
	while ((rc = lines_next(lines, &line)) > 0) {
		uint64_t seq = line.problem ? 0 : line_seq(line.text, line.len);

		if (seq == 0 || (ret->next && seq != ret->next))
			return 0;
		if (seq >= check && !line_sound(line.text, line.len))
			return 0;
		if (ret->first == 0)
			ret->first = seq;
		ret->next = seq + 1;
		ret->outcomes += line_is_outcome(line.text, line.len);
		ret->last = line;
	}
	return rc < 0 ? rc : ret->first != 0;
}

/* Decode the line that begins at offset. 1, or 0 when it is none. */
static int decode_at(struct lines *lines, struct os *os, int fd, uint64_t offset, struct event *ret)
{
	struct err ignored = ERR_INIT;
	struct line line;

	if (lines_again(lines, os, fd, offset, 0) < 0 || lines_next(lines, &line) <= 0 ||
	    line.problem)
		return 0;
	return event_decode(ret, line.text, line.len, &ignored) == 0;
}

static int quick_read(struct lines *lines, struct os *os, int fd, unsigned segment,
		      struct tail *tail)
{
	struct scan scan;
	int rc = scan_segment(lines, os, fd, UINT64_MAX, &scan);

	if (rc <= 0)
		return 0;
	tail->have_last = decode_at(lines, os, fd, scan.last.offset, &tail->last);
	if (!tail->have_last || tail->last.seq + 1 != scan.next)
		return 0;
	tail->have_head = decode_at(lines, os, fd, 0, &tail->head);
	if (!tail->have_head || tail->head.type != EVENT_SEGMENT || tail->head.seq != scan.first ||
	    json_integer_value(json_object_get(tail->head.body, "segment")) != (json_int_t)segment)
		return 0;
	tail->steps = (uint64_t)json_integer_value(json_object_get(tail->head.body, "steps")) +
		      scan.outcomes;
	if (tail->last.batch == 0)
		return 1;
	return scan_segment(lines, os, fd, tail->last.seq - tail->last.batch, &scan) > 0 &&
	       scan.next == tail->last.seq + 1;
}

static int quick(struct os *os, const char *dir, unsigned segment, struct tail *tail)
{
	struct lines lines = {.data = NULL};
	int fd = segment_open(os, dir, segment, O_RDONLY | O_NONBLOCK), rc;

	if (fd < 0)
		return 0;
	rc = quick_read(&lines, os, fd, segment, tail);
	os->ops->close(os, fd);
	lines_release(&lines);
	return rc;
}

static int thorough(struct os *os, const char *dir, unsigned segment, struct tail *tail,
		    struct err *err)
{
	struct history_options options = {.writable = false};
	struct history *h;
	struct event event;
	int rc = history_open(&h, os, dir, &options, err);

	if (rc < 0)
		return rc;
	h->segment = segment - 1;
	h->adopt_seq = h->adopt_steps = segment > 1;
	while ((rc = history_read(h, &event, err)) > 0) {
		if (tail->have_last)
			event_release(&tail->last);
		tail->last = event;
		tail->have_last = true;
		if (event.type != EVENT_SEGMENT)
			continue;
		if (tail->have_head)
			event_release(&tail->head);
		tail->head = share(&event);
		tail->have_head = true;
	}
	tail->steps = h->steps;
	history_close(h);
	return rc < 0 ? rc : tail->have_last;
}

/* Most histories have one segment: that is seen without reading the folder. */
static int only_segment(struct os *os, const char *dir, struct tail *tail)
{
	struct os_stat st;
	char *second = segment_path(dir, 2);
	int rc = second ? os->ops->lstat(os, second, &st) : -ENOMEM;

	free(second);
	rc = rc == -ENOENT ? quick(os, dir, 1, tail) : 0;
	if (rc <= 0)
		tail_release(tail);
	return rc;
}

int history_tail(struct os *os, const char *dir, struct event *ret_last, struct event *ret_head,
		 uint64_t *ret_steps, struct err *err)
{
	struct tail tail = {.have_head = false};
	unsigned first, segment;
	int rc = only_segment(os, dir, &tail);

	if (rc <= 0) {
		rc = segment_find(os, dir, 0, &first, &segment, err);
		if (rc < 0 || segment == 0)
			return rc;
		rc = quick(os, dir, segment, &tail);
	}
	if (rc == 0) {
		tail_release(&tail);
		rc = thorough(os, dir, segment > 1 ? segment - 1 : 1, &tail, err);
	}
	if (rc <= 0) {
		tail_release(&tail);
		return rc;
	}
	*ret_last = tail.last;
	*ret_head = tail.head;
	*ret_steps = tail.steps;
	return 1;
}

int history_last(struct os *os, const char *dir, enum event_type *ret, struct err *err)
{
	struct err why = ERR_INIT;
	struct event last, head;
	uint64_t steps;
	int rc = history_tail(os, dir, &last, &head, &steps, &why);

	if (why.code == ERR_SYSTEM || why.code == ERR_NOMEM)
		return err_set(err, why.code, "%s", why.text);
	*ret = rc > 0 ? last.type : EVENT_NONE;
	if (rc > 0) {
		event_release(&last);
		event_release(&head);
	}
	return 0;
}
