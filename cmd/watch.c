/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 1000
#define LONGEST_MS 3600000

void watch_open(struct watch *ret)
{
	ret->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

void watch_add(struct watch *watch, const char *folder)
{
	if (watch->fd < 0)
		return;
	int wd = inotify_add_watch(watch->fd, folder,
				   IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY |
					   IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR);

	if (wd < 0 && errno != ENOENT && errno != ENOTDIR) {
		close(watch->fd);
		watch->fd = -1;
	}
}

static void drain(int fd)
{
	char data[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

	while (read(fd, data, sizeof data) > 0)
		;
}

void watch_wait(struct watch *watch, int64_t ms)
{
	struct pollfd wanted = {.fd = watch->fd, .events = POLLIN};

	if (watch->fd < 0 && (ms < 0 || ms > LOOK_AGAIN_MS))
		ms = LOOK_AGAIN_MS;
	if (ms > LONGEST_MS)
		ms = LONGEST_MS;
	if (poll(&wanted, watch->fd < 0 ? 0 : 1, (int)ms) > 0)
		drain(watch->fd);
}

void watch_close(struct watch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}
