/* SPDX-License-Identifier: MIT */
/* Every line of a history held against the format, going on behind damage. */
#include "history_internal.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

struct verify {
	struct history *h;
	history_finding_fn *each;
	void *arg;
	int findings;
	unsigned last; /* highest segment */
	bool lost;     /* a line was unreadable: the next may have any number */
};

static int find(struct verify *v, unsigned segment, unsigned long line, const char *what,
		bool torn_tail, struct err *err)
{
	char *path = segment_path(v->h->dir, segment);

	if (!path)
		return err_nomem(err);
	v->findings++;
	v->each(v->arg, path, line, what, torn_tail);
	free(path);
	return 0;
}

/* Whether nothing from line on proves that it was ever synced. 1, 0, or negative. Leaves the lines
 * moved on. */
static int only_torn(struct verify *v, const struct line *line, struct err *err)
{
	struct line behind;
	int rc;

	if (v->h->segment < v->last || line_judge(line, v->h->seq) == LINE_PROOF)
		return 0;
	while ((rc = lines_next(&v->h->lines, &behind)) > 0)
		if (line_judge(&behind, v->h->seq) == LINE_PROOF)
			return 0;
	if (rc < 0)
		return err_sys(err, -rc, "cannot read '%s/%06u.jsonl'", v->h->dir, v->h->segment);
	return 1;
}

/* Behind damage: believe the numbers of a whole line, so that one hole is one finding. */
static void catch_up(struct verify *v, const struct line *line)
{
	struct history *h = v->h;
	struct err ignored = ERR_INIT;
	struct event event;
	json_t *steps;

	v->lost = line->problem || event_decode(&event, line->text, line->len, &ignored) < 0;
	if (v->lost)
		return;
	h->seq = event.seq;
	steps = event.type == EVENT_SEGMENT ? json_object_get(event.body, "steps") : NULL;
	if (steps)
		h->steps = (uint64_t)json_integer_value(steps);
	else if (event.type == EVENT_STEP_COMPLETED || event.type == EVENT_STEP_FAILED)
		h->steps++;
	h->adopt_steps = true; /* some may be lost: the next head tells how many there were */
	event_release(&event);
}

/* 1: go on; 0: the rest is a torn tail; negative: error. */
static int bad_line(struct verify *v, const struct line *line, const struct err *why,
		    struct err *err)
{
	struct history *h = v->h;
	struct line again;
	int rc;

	if (why->code == ERR_NOMEM)
		return err_nomem(err);
	rc = only_torn(v, line, err);
	if (rc < 0)
		return rc;
	if (rc == 1) {
		rc = find(v, h->segment, line->number, why->text, true, err);
		return rc;
	}
	rc = find(v, h->segment, line->number, why->text, false, err);
	if (rc == 0 && lines_begin(&h->lines, h->os, h->fd, line->offset, line->number - 1) < 0)
		rc = err_nomem(err);
	if (rc == 0 && lines_next(&h->lines, &again) > 0) {
		catch_up(v, &again);
		h->offset = again.end;
	}
	return rc < 0 ? rc : 1;
}

static int verify_lines(struct verify *v, struct err *err)
{
	struct line line;
	struct event event;
	int rc;

	while ((rc = lines_next(&v->h->lines, &line)) > 0) {
		struct err why = ERR_INIT;

		if (v->lost && !line.problem && line_seq(line.text, line.len) > v->h->seq) {
			v->h->seq = line_seq(line.text, line.len) - 1;
			v->h->adopt_steps = true;
			v->lost = false;
		}
		if (history_take(v->h, &line, &event, &why) == 0) {
			event_release(&event);
			continue;
		}
		rc = bad_line(v, &line, &why, err);
		if (rc <= 0)
			return rc;
	}
	if (rc < 0)
		return err_sys(err, -rc, "cannot read '%s/%06u.jsonl'", v->h->dir, v->h->segment);
	if (v->h->offset == 0 && v->h->segment < v->last)
		return find(v, v->h->segment, 0,
			    "it holds no line, and yet another segment follows", false, err);
	return 0;
}

static int verify_segment(struct verify *v, unsigned segment, struct err *err)
{
	struct history *h = v->h;
	int fd = segment_open(h->os, h->dir, segment, O_RDONLY | O_NONBLOCK), rc;

	h->segment = segment;
	h->offset = 0;
	if (fd == -EINVAL || fd == -ELOOP) {
		h->adopt_seq = h->adopt_steps = true;
		return find(v, segment, 0, "it is not a regular file", false, err);
	}
	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s/%06u.jsonl'", h->dir, segment);
	h->fd = fd;
	rc = lines_begin(&h->lines, h->os, fd, 0, 0) < 0 ? err_nomem(err) : verify_lines(v, err);
	h->os->ops->close(h->os, fd);
	h->fd = -1;
	return rc;
}

int history_verify(struct os *os, const char *dir, history_finding_fn *each, void *arg,
		   struct err *err)
{
	struct history_options options = {.writable = false};
	struct verify v = {.each = each, .arg = arg};
	unsigned segment = 0, next;
	int rc = history_open(&v.h, os, dir, &options, err);

	while (rc == 0 && (rc = segment_find(os, dir, segment, &next, &v.last, err)) == 0 && next) {
		if (next != segment + 1) {
			v.h->adopt_seq = v.h->adopt_steps = true;
			rc = find(&v, segment + 1, 0, "it is missing", false, err);
		}
		segment = next;
		if (rc == 0)
			rc = verify_segment(&v, segment, err);
	}
	history_close(v.h);
	return rc < 0 ? rc : v.findings;
}
