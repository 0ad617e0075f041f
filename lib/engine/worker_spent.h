/* SPDX-License-Identifier: MIT */
/*
 * What a step leaks costs its worker, not the attempts after it: a worker that
 * has grown too much leaves between two attempts, and another is forked. What it was sent and had
 * not begun is sent to another.
 */
#ifndef WF_ENGINE_WORKER_SPENT_H
#define WF_ENGINE_WORKER_SPENT_H

#include <stdbool.h>

/* Exit status of a worker that leaves; a step that exits with it has begun, and is judged by that.
 */
#define WORKER_SPENT 75

/* Whether this process has taken half of the descriptors that it may have, or 1 GiB of memory. */
bool worker_is_spent(void);

#endif
