/* SPDX-License-Identifier: MIT */
#include "history_scan.h"

#include "../base/error.h"
#include "../os/os.h"
#include "history_internal.h"

#include <fcntl.h>
#include <string.h>

struct look {
	struct lines lines;
	uint64_t seq;
	bool over;
	history_scan_fn *each;
	void *arg;
};

/* Every line begins {"seq":N,"at":N,"type":"...". EVENT_NONE: this one does not. */
static enum event_type type_of(const char *text, size_t n)
{
	static const char at[] = ",\"at\":", type[] = ",\"type\":\"";
	const char *here = memchr(text, ',', n), *end = text + n, *close;

	if (!here || end - here < (ptrdiff_t)sizeof at || memcmp(here, at, sizeof at - 1) != 0)
		return EVENT_NONE;
	here = memchr(here + 1, ',', (size_t)(end - here - 1));
	if (!here || end - here < (ptrdiff_t)sizeof type ||
	    memcmp(here, type, sizeof type - 1) != 0)
		return EVENT_NONE;
	here += sizeof type - 1;
	close = memchr(here, '"', (size_t)(end - here));
	return close ? event_type_parse(here, (size_t)(close - here)) : EVENT_NONE;
}

static int look_at(struct look *look, bool last, struct err *err)
{
	struct line line;
	int rc;

	while ((rc = lines_next(&look->lines, &line)) > 0) {
		uint64_t seq = line.problem ? 0 : line_seq(line.text, line.len);

		look->over = seq != look->seq + 1 || (last && !line_sound(line.text, line.len));
		if (look->over)
			return 0;
		look->seq = seq;
		rc = look->each(look->arg, seq, type_of(line.text, line.len), line.text, line.len,
				err);
		if (rc != 0)
			return rc;
	}
	return rc < 0 ? err_sys(err, -rc, "cannot read the history") : 0;
}

static int look_into(struct look *look, struct os *os, const char *dir, unsigned segment, bool last,
		     struct err *err)
{
	int fd = segment_open(os, dir, segment, O_RDONLY | O_NONBLOCK), rc;

	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s/%06u.jsonl'", dir, segment);
	rc = lines_begin(&look->lines, os, fd, 0, 0) < 0 ? err_nomem(err)
							 : look_at(look, last, err);
	os->ops->close(os, fd);
	return rc;
}

int history_scan(struct os *os, const char *dir, history_scan_fn *each, void *arg, struct err *err)
{
	struct look look = {.each = each, .arg = arg};
	unsigned segment = 0, next, last;
	int rc;

	while ((rc = segment_find(os, dir, segment, &next, &last, err)) == 0 && !look.over &&
	       next == segment + 1) {
		segment = next;
		rc = look_into(&look, os, dir, segment, segment == last, err);
		if (rc != 0 || segment == last)
			break;
	}
	lines_release(&look.lines);
	return rc;
}
