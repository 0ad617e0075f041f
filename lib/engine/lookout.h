/* SPDX-License-Identifier: MIT */
/*
 * Waiting for other processes: for a lock to be let go, a slot to become free, a driver to die. The
 * kernel tells: a file that was open for writing was closed for the last time (which death does
 * too), or a name in a folder changed. Then all runs of this driver that wait look again. Since the
 * kernel tells of a close a moment before it lets go of the lock, they look once more
 * shortly after; and once a second, for what nothing tells of. Internal to the engine.
 */
#ifndef WF_ENGINE_LOOKOUT_H
#define WF_ENGINE_LOOKOUT_H

#include <stdbool.h>

struct driver;
struct err;

enum lookout_for { LOOKOUT_CLOSED = 1, LOOKOUT_NAMES = 2 };

/* Look again when something happens to path: a file or a folder; one that is not there is no error.
 */
int lookout_watch(struct driver *d, const char *path, enum lookout_for what, struct err *err);
/* Look again at once, in the next turn of the loop. */
void lookout_now(struct driver *d);
void lookout_close(struct driver *d);

#endif
