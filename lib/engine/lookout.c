/* SPDX-License-Identifier: MIT */
#include "lookout.h"

#include "driver_internal.h"
#include "runner.h"
#include "runner_gate.h"
#include "runner_locks.h"
#include "throttle.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <unistd.h>

#define AFTER_MS 5
#define ANYWAY_MS 1000

struct lookout {
	struct driver *driver;
	int fd;
	uv_poll_t poll;
	uv_timer_t timer;
	int closing; /* handles that are not closed yet */
	bool again;  /* look once more soon */
};

static void on_time(uv_timer_t *timer);

static void look(struct lookout *l)
{
	struct driver *d = l->driver;
	bool waits = false;

	for (size_t i = 0; i < d->count; i++) {
		struct runner *r = d->runners[i];

		if (r->end != DRIVE_NOT_YET || d->stopped_by)
			continue;
		runner_locks_look(r);
		runner_gate_look(r);
		throttle_look(r);
		waits = waits || r->lock_waits || r->gate || throttle_waits(r);
	}
	if (waits)
		uv_timer_start(&l->timer, on_time, l->again ? AFTER_MS : ANYWAY_MS, 0);
	l->again = false;
}

static void on_time(uv_timer_t *timer)
{
	look(timer->data);
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct lookout *l = poll->data;
	char text[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	ssize_t n;

	(void)status;
	(void)events;
	do
		n = read(l->fd, text, sizeof text);
	while (n > 0 || (n < 0 && errno == EINTR));
	l->again = true;
	look(l);
}

static int open_lookout(struct driver *d, struct err *err)
{
	struct lookout *l = calloc(1, sizeof *l);

	if (!l)
		return err_nomem(err);
	l->driver = d;
	l->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (l->fd < 0 || uv_poll_init(&d->loop, &l->poll, l->fd) < 0) {
		int sys = errno;

		if (l->fd >= 0)
			close(l->fd);
		free(l);
		return err_sys(err, sys, "cannot watch the state directory");
	}
	uv_timer_init(&d->loop, &l->timer);
	l->poll.data = l->timer.data = l;
	uv_poll_start(&l->poll, UV_READABLE, on_event);
	d->lookout = l;
	return 0;
}

int lookout_watch(struct driver *d, const char *path, enum lookout_for what, struct err *err)
{
	unsigned mask = what == LOOKOUT_CLOSED ? IN_CLOSE_WRITE : IN_MOVED_TO | IN_DELETE;
	int rc = d->lookout ? 0 : open_lookout(d, err);

	if (rc < 0)
		return rc;
	if (inotify_add_watch(d->lookout->fd, path, mask | IN_MASK_ADD) < 0 && errno != ENOENT &&
	    errno != ENOSPC)
		return err_sys(err, errno, "cannot watch '%s'", path);
	if (!uv_is_active((uv_handle_t *)&d->lookout->timer))
		uv_timer_start(&d->lookout->timer, on_time, ANYWAY_MS, 0);
	return 0;
}

void lookout_now(struct driver *d)
{
	if (d->lookout)
		uv_timer_start(&d->lookout->timer, on_time, 0, 0);
}

static void closed(uv_handle_t *handle)
{
	struct lookout *l = handle->data;

	if (--l->closing == 0)
		free(l);
}

void lookout_close(struct driver *d)
{
	struct lookout *l = d->lookout;

	if (!l)
		return;
	d->lookout = NULL;
	l->closing = 2;
	uv_close((uv_handle_t *)&l->poll, closed);
	uv_close((uv_handle_t *)&l->timer, closed);
	close(l->fd);
}
