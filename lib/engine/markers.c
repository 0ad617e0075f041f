/* SPDX-License-Identifier: MIT */
#include "markers.h"

#include "../base/error.h"
#include "../core/core.h"
#include "../store/history_scan.h"

/* A reset is fresh until something other than the messages that it brought along follows it. */
static void follow(struct markers *m, uint64_t seq, enum event_type type)
{
	if (seq < m->from || m->over)
		return;
	m->over = type == EVENT_RUN_CONTINUED;
	if (type == EVENT_RUN_RESET)
		m->reset_at = m->last;
	else if (!event_is_note(type) && type != EVENT_SIGNAL_RECEIVED &&
		 type != EVENT_UPDATE_ACCEPTED)
		m->reset_at = 0;
	if (!event_is_note(type) && !m->reset_at)
		m->last = seq;
}

int markers_see(struct markers *m, const struct event *event, struct err *err)
{
	follow(m, event->seq, event->type);
	if ((event->type != EVENT_PATCHED && event->type != EVENT_VERSION) || m->over ||
	    event->seq < m->from)
		return 0;
	return core_preload(m->core, event, err);
}

void markers_seen(const struct markers *m)
{
	if (m->reset_at)
		core_open_from(m->core, m->reset_at);
}

static int see_line(void *arg, uint64_t seq, enum event_type type, const char *line, size_t n,
		    struct err *err)
{
	struct markers *m = arg;
	struct event event;
	int rc;

	if (type != EVENT_PATCHED && type != EVENT_VERSION) {
		follow(m, seq, type);
		return 0;
	}
	rc = event_decode(&event, line, n, err);
	if (rc < 0)
		return rc;
	rc = markers_see(m, &event, err);
	event_release(&event);
	return rc;
}

int markers_load(struct core *core, struct os *os, const char *dir, uint64_t from, struct err *err)
{
	struct markers m = {.core = core, .from = from};
	int rc = history_scan(os, dir, see_line, &m, err);

	if (rc == 0)
		markers_seen(&m);
	return rc;
}
