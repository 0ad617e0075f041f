/* SPDX-License-Identifier: MIT */
/* Attacks on the history of a run: lines, segments, and the sync that acknowledges them. */
#include "attack.h"
#include "base/buf.h"
#include "store/history.h"

#include <inttypes.h>
#include <string.h>

#define EVENTS 60
#define NARROW 300
#define WIDE 3000

static struct history *history(struct trial *t, bool writable, struct err *err)
{
	struct history_options options = {.segment_bytes = 1500, .writable = writable, .run = "r"};
	struct history *h;

	return history_open(&h, t->os, "/h", &options, err) < 0 ? NULL : h;
}

static void history_prepare(struct trial *t)
{
	t->os->ops->mkdir(t->os, "/h", 0700);
}

/* Reads to the end; how many events, which must be 1, 2, 3 ... */
static int64_t history_drain(struct trial *t, struct history *h, struct err *err)
{
	struct event event;
	uint64_t n = 0;
	int rc;

	while ((rc = history_read(h, &event, err)) > 0) {
		if (event.type != EVENT_SEGMENT && event.cmd != ++n)
			broke(t, "event %" PRIu64 " where %" PRIu64 " belongs", event.cmd, n);
		event_release(&event);
	}
	return rc < 0 ? rc : (int64_t)n;
}

/* Of less than width bytes, WIDE at most. */
static int history_put(struct history *h, uint64_t cmd, uint64_t width, struct err *err)
{
	struct event event = {.type = EVENT_STEP_COMPLETED, .at = (int64_t)cmd, .cmd = cmd};
	struct buf fields = BUF_INIT;
	char xs[WIDE];
	int rc;

	memset(xs, 'x', sizeof xs);
	buf_adds(&fields, "\"result\":\"");
	buf_add(&fields, xs, cmd * 37 % width);
	buf_addc(&fields, '"');
	rc = buf_ok(&fields) ? history_append(h, &event, fields.data, fields.len, err)
			     : err_nomem(err);
	buf_release(&fields);
	return rc;
}

/*
 * A history that failed at a write or a sync serves nothing more; one that only had no memory goes
 * on where it was, and what it acknowledges then is promised as well. appended: what it holds.
 */
static void history_once_more(struct trial *t, struct history *h, uint64_t appended,
			      const struct err *failed)
{
	struct err err = ERR_INIT;

	if (!h || !t->asked || history_sync(h, &err) < 0 || t->promised >= appended)
		return;
	if (failed->code != ERR_NOMEM)
		broke(t, "a sync after a failed one said yes: %s", failed->text);
	t->promised = appended;
}

/* Sync after 1, 2, 3, 4, 5 and again 1 event. */
static void history_work(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = history(t, true, &err);
	uint64_t appended = 0;
	int group = 1, in_group = 0, rc = h ? 0 : -1;

	t->asked = 0;
	if (rc == 0)
		rc = history_drain(t, h, &err) < 0 ? -1 : 0;
	for (uint64_t i = 1; rc == 0 && i <= EVENTS; i++) {
		rc = history_put(h, i, NARROW, &err);
		t->asked = i;
		appended += rc == 0;
		if (rc == 0 && (++in_group == group || i == EVENTS)) {
			rc = history_sync(h, &err);
			if (rc == 0)
				t->promised = i;
			in_group = 0;
			group = group % 5 + 1;
		}
	}
	if (rc < 0)
		history_once_more(t, h, appended, &err);
	history_close(h);
}

static void finding(void *arg, const char *file, unsigned long line, const char *what,
		    bool torn_tail)
{
	(void)torn_tail;
	broke(arg, "verify: %s line %lu: %s", file, line, what);
}

/* Read as a looker-on, then as the next driver, who goes on; then all must be whole. */
static void history_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = history(t, false, &err);
	int64_t looked = h ? history_drain(t, h, &err) : -1, n;
	struct event last, head;
	uint64_t steps = 0;

	history_close(h);
	h = history(t, true, &err);
	n = h ? history_drain(t, h, &err) : -1;
	if (n < 0)
		broke(t, "cannot be read: %s", err.text);
	else if (looked != n)
		broke(t, "a looker-on sees %" PRId64 " events, a driver %" PRId64, looked, n);
	else if ((uint64_t)n < t->promised)
		broke(t, "%" PRIu64 " events were promised, %" PRId64 " are there", t->promised, n);
	else if ((uint64_t)n > t->asked)
		broke(t, "%" PRIu64 " events were written, %" PRId64 " are there", t->asked, n);
	if (n >= 0)
		t->promised = (uint64_t)n; /* read by a driver: believed from here on */
	for (uint64_t i = (uint64_t)n + 1; n >= 0 && err.code == 0 && i <= (uint64_t)n + 7; i++) {
		t->asked = i > t->asked ? i : t->asked;
		if (history_put(h, i, NARROW, &err) == 0 && i % 2 && history_sync(h, &err) == 0)
			t->promised = i;
	}
	if (n >= 0 && err.code == 0 && history_sync(h, &err) == 0)
		t->promised = (uint64_t)n + 7;
	history_close(h);
	if (history_verify(t->os, "/h", finding, t, &err) < 0 ||
	    history_tail(t->os, "/h", &last, &head, &steps, &err) <= 0) {
		broke(t, "tail: %s", err.text);
		return;
	}
	if (last.cmd != (uint64_t)n + 7 || steps != (uint64_t)n + 7)
		broke(t, "tail is %" PRIu64 " with %" PRIu64 " steps, not %" PRId64, last.cmd,
		      steps, n + 7);
	event_release(&last);
	event_release(&head);
}

/* Syncs of several pages and more than one write each, which the next process reads and believes
 * without writing any more. */
static void pages_work(struct trial *t)
{
	struct history_options options = {.writable = true, .run = "r"};
	struct err err = ERR_INIT;
	struct history *h = NULL;
	uint64_t appended = 0;
	int rc = history_open(&h, t->os, "/h", &options, &err);

	if (rc == 0)
		rc = history_drain(t, h, &err) < 0 ? -1 : 0;
	t->asked = 0;
	for (int turn = 0; rc == 0 && turn < 3; turn++) {
		for (int i = 0; rc == 0 && i < 60; i++) {
			rc = history_put(h, ++t->asked, WIDE, &err);
			appended += rc == 0;
		}
		rc = rc == 0 ? history_sync(h, &err) : rc;
		if (rc == 0)
			t->promised = t->asked;
	}
	if (rc < 0)
		history_once_more(t, h, appended, &err);
	history_close(h);
}

static void pages_check(struct trial *t)
{
	struct err err = ERR_INIT;
	struct history *h = history(t, true, &err);
	int64_t n = h ? history_drain(t, h, &err) : -1;

	if (n < 0)
		broke(t, "cannot be read: %s", err.text);
	else if ((uint64_t)n < t->promised)
		broke(t, "%" PRIu64 " events were promised, %" PRId64 " are there", t->promised, n);
	else
		t->promised = (uint64_t)n;
	history_close(h);
}

const struct attack attack_history = {"history", history_prepare, history_work, history_check};
const struct attack attack_pages = {"history of wide syncs", history_prepare, pages_work,
				    pages_check};
