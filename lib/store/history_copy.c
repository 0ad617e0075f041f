/* SPDX-License-Identifier: MIT */
#include "history_copy.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "history_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct copy {
	struct os *os;
	const char *from, *to, *run;
	uint64_t upto, seq;
	struct lines lines;
	struct buf text; /* of one segment */
	bool whole;      /* all of the segment was taken */
	struct history_position at;
};

/* The head of a segment, of another run. */
static int put_head(struct copy *c, const struct line *line, struct err *err)
{
	struct event event;
	struct buf fields = BUF_INIT;
	const char *module;
	int rc = event_decode(&event, line->text, line->len, err);

	if (rc < 0)
		return rc;
	module = json_string_value(json_object_get(event.body, "module"));
	buf_addf(&fields, "\"segment\":%" PRId64 ",\"steps\":%" PRId64 ",\"run\":\"%s\"",
		 (int64_t)json_integer_value(json_object_get(event.body, "segment")),
		 (int64_t)json_integer_value(json_object_get(event.body, "steps")), c->run);
	if (module)
		buf_addf(&fields, ",\"module\":\"%s\"", module);
	rc = buf_ok(&fields) ? event_encode(&c->text, &event, fields.data, fields.len, err)
			     : err_nomem(err);
	event_release(&event);
	buf_release(&fields);
	return rc;
}

static int take_lines(struct copy *c, unsigned segment, struct err *err)
{
	struct line line;
	int rc;

	c->whole = true;
	while ((rc = lines_next(&c->lines, &line)) > 0) {
		uint64_t seq = line.problem ? 0 : line_seq(line.text, line.len);

		if (seq != c->seq + 1 || !line_sound(line.text, line.len))
			return segment_damaged(err, c->from, segment, line.number,
					       "it is no valid event");
		if (seq > c->upto) {
			c->whole = false;
			return 0;
		}
		c->seq = seq;
		c->at = (struct history_position){seq, segment, line.end};
		if (c->run && c->text.len == 0) {
			rc = put_head(c, &line, err);
			if (rc < 0)
				return rc;
			continue;
		}
		buf_add(&c->text, line.text, line.len);
		buf_addc(&c->text, '\n');
	}
	return rc < 0             ? err_sys(err, -rc, "cannot read '%s'", c->from)
	       : buf_ok(&c->text) ? 0
				  : err_nomem(err);
}

/* A segment that is complete, and has another behind it, never changes: its file can be shared. */
static int put_segment(struct copy *c, unsigned segment, bool shared, struct err *err)
{
	char *from = segment_path(c->from, segment), *to = segment_path(c->to, segment);
	int rc = from && to ? 0 : err_nomem(err);

	if (rc == 0 && shared && c->os->ops->link(c->os, from, to) == 0)
		rc = 0;
	else if (rc == 0)
		rc = os_replace(c->os, to, c->text.data ? c->text.data : "", c->text.len, 0600,
				err);
	free(from);
	free(to);
	return rc;
}

static int copy_segment(struct copy *c, unsigned segment, bool last, struct err *err)
{
	int fd = segment_open(c->os, c->from, segment, O_RDONLY | O_NONBLOCK), rc;

	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s/%06u.jsonl'", c->from, segment);
	buf_clear(&c->text);
	rc = lines_begin(&c->lines, c->os, fd, 0, 0) < 0 ? err_nomem(err)
							 : take_lines(c, segment, err);
	c->os->ops->close(c->os, fd);
	if (rc == 0 && c->text.len)
		rc = put_segment(c, segment, !c->run && c->whole && !last && c->seq < c->upto, err);
	return rc;
}

int history_copy(struct os *os, const char *from, const char *to, uint64_t upto, const char *run,
		 struct history_position *ret_at, struct err *err)
{
	struct copy c = {.os = os, .from = from, .to = to, .run = run, .upto = upto};
	unsigned segment = 0, next, last;
	int rc = os->ops->mkdir(os, to, 0700);

	if (rc < 0)
		return err_sys(err, -rc, "cannot make '%s'", to);
	while (rc == 0 && c.seq < upto) {
		rc = segment_find(os, from, segment, &next, &last, err);
		if (rc == 0 && next != segment + 1)
			rc = err_set(err, ERR_DAMAGED, "'%s' ends before event %" PRIu64, from,
				     upto);
		if (rc == 0)
			rc = copy_segment(&c, ++segment, next == last, err);
	}
	if (rc == 0 && (rc = os->ops->sync_dir(os, to)) < 0)
		rc = err_sys(err, -rc, "cannot sync '%s'", to);
	if (rc == 0 && ret_at)
		*ret_at = c.at;
	lines_release(&c.lines);
	buf_release(&c.text);
	return rc;
}
