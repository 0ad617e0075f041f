/* SPDX-License-Identifier: MIT */
/*
 * Reading a history: from segment to segment, line to line, until the end or damage.
 *
 * A reader may look on while a driver writes. So whatever seems to be missing is looked for once
 * more from the end of the last good line, now that what proves it was seen: only what is missing
 * still is damage.
 */
#include "history_internal.h"

#include "../base/error.h"
#include "../os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int cannot_read(const struct history *h, int sys, struct err *err)
{
	return err_sys(err, sys, "cannot read '%s/%06u.jsonl'", h->dir, h->segment);
}

static int look_again(struct history *h, struct err *err)
{
	int rc = lines_begin(&h->lines, h->os, h->fd, h->offset, h->line);

	h->again = true;
	return rc < 0 ? err_nomem(err) : 1;
}

/* Whether a segment behind this one exists. 1, 0, or negative. */
static int next_exists(const struct history *h, struct err *err)
{
	int fd = segment_open(h->os, h->dir, h->segment + 1, O_RDONLY | O_NONBLOCK);

	if (fd >= 0)
		h->os->ops->close(h->os, fd);
	if (fd >= 0 || fd == -EINVAL || fd == -ELOOP)
		return 1;
	if (fd == -ENOENT)
		return 0;
	return err_sys(err, -fd, "cannot open '%s/%06u.jsonl'", h->dir, h->segment + 1);
}

static int enter(struct history *h, int fd, struct err *err)
{
	if (h->fd >= 0)
		h->os->ops->close(h->os, h->fd);
	h->fd = fd;
	h->segment++;
	h->offset = 0;
	h->line = 0;
	h->again = false;
	return lines_begin(&h->lines, h->os, fd, 0, 0) < 0 ? err_nomem(err) : 1;
}

static int missing(const struct history *h, struct err *err)
{
	struct os_stat st;

	if (h->os->ops->lstat(h->os, h->dir, &st) == -ENOENT)
		return err_set(err, ERR_NOT_FOUND, "'%s' is no longer there", h->dir);
	return segment_damaged(err, h->dir, h->segment + 1, 0, "is missing");
}

/* Behind the last line of a segment: 1 when there is more to read, 0 at the end of the history. */
static int next_segment(struct history *h, struct err *err)
{
	unsigned first;
	int fd, rc;

	if (!h->listed) {
		rc = segment_find(h->os, h->dir, 0, &first, &h->last_listed, err);
		if (rc < 0)
			return rc;
		h->listed = true;
	}
	fd = segment_open(h->os, h->dir, h->segment + 1,
			  (h->writable ? O_RDWR : O_RDONLY) | O_NONBLOCK);
	if (fd == -ENOENT)
		return h->segment < h->last_listed ? missing(h, err) : 0;
	if (fd == -EINVAL || fd == -ELOOP)
		return segment_damaged(err, h->dir, h->segment + 1, 0, "is not a regular file");
	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s/%06u.jsonl'", h->dir, h->segment + 1);
	if (h->fd < 0 || (h->again && h->offset > 0))
		return enter(h, fd, err);
	h->os->ops->close(h->os, fd);
	if (!h->again)
		return look_again(h, err);
	return segment_damaged(err, h->dir, h->segment, 0,
			       "holds no line, and yet another segment follows");
}

static int check_head(struct history *h, const struct event *event, struct err *why)
{
	const char *module = json_string_value(json_object_get(event->body, "module"));
	const char *run = json_string_value(json_object_get(event->body, "run"));
	json_int_t steps = json_integer_value(json_object_get(event->body, "steps"));
	json_int_t segment = json_integer_value(json_object_get(event->body, "segment"));

	if (segment != (json_int_t)h->segment)
		return err_set(why, ERR_DAMAGED, "it begins segment %lld, not %u",
			       (long long)segment, h->segment);
	if (run && h->run && strcmp(run, h->run) != 0)
		return err_set(why, ERR_DAMAGED, "it belongs to run '%.200s', not to '%s'", run,
			       h->run);
	if (!h->adopt_steps && steps != (json_int_t)h->steps)
		return err_set(why, ERR_DAMAGED, "it counts %lld steps where %llu were recorded",
			       (long long)steps, (unsigned long long)h->steps);
	if (steps < 0 || (module && strlen(module) != SHA_SIZE - 1))
		return err_set(why, ERR_DAMAGED, "it is no head of a segment");
	h->steps = (uint64_t)steps;
	h->generation = (unsigned)json_integer_value(json_object_get(event->body, "generation"));
	h->first = (unsigned)json_integer_value(json_object_get(event->body, "first"));
	if (!h->generation || !h->first)
		h->generation = h->first = 1;
	h->next_generation = h->generation;
	memset(h->module, 0, sizeof h->module);
	if (module)
		memcpy(h->module, module, SHA_SIZE - 1);
	h->adopt_seq = h->adopt_steps = false;
	return 0;
}

static int check(struct history *h, const struct event *event, struct err *why)
{
	bool first = h->offset == 0;

	if (first != (event->type == EVENT_SEGMENT))
		return err_set(why, ERR_DAMAGED,
			       first ? "a segment begins without its head"
				     : "the head of a segment is not its first line");
	if (event->seq != h->seq + 1 && !(first && h->adopt_seq && event->seq > 0))
		return err_set(why, ERR_DAMAGED, "event %llu where event %llu must follow",
			       (unsigned long long)event->seq, (unsigned long long)h->seq + 1);
	return first ? check_head(h, event, why) : 0;
}

int history_take(struct history *h, const struct line *line, struct event *ret, struct err *why)
{
	struct event event;
	int rc;

	if (line->problem)
		return err_set(why, ERR_DAMAGED, "%s", line->problem);
	rc = event_decode(&event, line->text, line->len, why);
	if (rc < 0)
		return rc;
	rc = check(h, &event, why);
	if (rc < 0) {
		event_release(&event);
		return rc;
	}
	h->seq = event.seq;
	if (event.type == EVENT_STEP_COMPLETED || event.type == EVENT_STEP_FAILED)
		h->steps++;
	if (event.batch == 0)
		h->unproven = line->offset;
	h->offset = line->end;
	h->line = line->number;
	h->again = false;
	h->durable = (struct history_position){h->seq, h->segment, h->offset};
	*ret = event;
	return 0;
}

enum line_verdict line_judge(const struct line *line, uint64_t seq)
{
	struct err ignored = ERR_INIT;
	struct event event;
	enum line_verdict verdict;

	if (line->problem || !line_sound(line->text, line->len))
		return LINE_TORN;
	if (event_decode(&event, line->text, line->len, &ignored) < 0)
		return LINE_PROOF; /* whole, but of a kind that this wf does not know: never to be
				      cut off */
	verdict = event.seq > seq + 1 && event.batch < event.seq &&
				  event.seq - event.batch <= seq + 1
			  ? LINE_SAME_SYNC
			  : LINE_PROOF;
	event_release(&event);
	return verdict;
}

/* Whether line, which is not what must follow, and all behind it are the torn rest of a sync. 1, 0,
 * negative. */
static int is_torn(struct history *h, const struct line *line, struct err *err)
{
	struct line behind;
	int rc;

	if (line_judge(line, h->seq) == LINE_PROOF)
		return 0;
	while ((rc = lines_next(&h->lines, &behind)) > 0)
		if (line_judge(&behind, h->seq) == LINE_PROOF)
			return 0;
	if (rc < 0)
		return cannot_read(h, -rc, err);
	rc = next_exists(h, err);
	return rc < 0 ? rc : !rc; /* a segment is complete before the next one is made */
}

static int reach_end(struct history *h, bool torn, struct err *err)
{
	int rc;

	lines_release(&h->lines);
	rc = h->writable ? history_settle(h, torn, err) : 0;
	if (!h->writable && h->fd >= 0) {
		h->os->ops->close(h->os, h->fd);
		h->fd = -1;
	}
	h->ended = rc == 0;
	return rc;
}

/* 1: look again; 0: the end; negative: damage. */
static int refuse(struct history *h, const struct line *line, const struct err *why,
		  struct err *err)
{
	int rc;

	if (why->code != ERR_DAMAGED && why->code != ERR_NEWER)
		return err_set(err, why->code, "%s", why->text);
	rc = is_torn(h, line, err);
	if (rc < 0)
		return rc;
	if (rc == 1)
		return reach_end(h, true, err);
	if (!h->again)
		return look_again(h, err);
	if (why->code == ERR_NEWER)
		return err_set(err, ERR_NEWER, "'%s/%06u.jsonl' line %lu: %s", h->dir, h->segment,
			       line->number, why->text);
	return segment_damaged(err, h->dir, h->segment, line->number, why->text);
}

/* To the segment that the current generation begins with, if that holds more than its head. Where
 * anything is odd the whole is read, and that tells. */
static void skip_generations(struct history *h)
{
	struct err ignored = ERR_INIT;
	struct event last, head;
	uint64_t steps;
	unsigned first;

	if (history_tail(h->os, h->dir, &last, &head, &steps, &ignored) <= 0)
		return;
	first = (unsigned)json_integer_value(json_object_get(head.body, "first"));
	if (first > 1 && last.seq > head.seq) {
		h->segment = first - 1;
		h->adopt_seq = h->adopt_steps = true;
	}
	event_release(&last);
	event_release(&head);
}

int history_read(struct history *h, struct event *ret, struct err *err)
{
	struct line line;
	int rc = 1;

	if (h->broken)
		return err_set(err, ERR_SYSTEM,
			       "history '%s' failed before and must be opened again", h->dir);
	if (h->last_generation && h->segment == 0 && !h->ended)
		skip_generations(h);
	while (rc > 0 && !h->ended) {
		struct err why = ERR_INIT;

		rc = h->fd >= 0 ? lines_next(&h->lines, &line) : 0;
		if (rc < 0)
			return cannot_read(h, -rc, err);
		if (rc == 0) {
			rc = next_segment(h, err);
			if (rc == 0)
				return reach_end(h, false, err);
			continue;
		}
		if (history_take(h, &line, ret, &why) == 0)
			return 1;
		rc = refuse(h, &line, &why, err);
	}
	return rc < 0 ? rc : 0;
}
