/* SPDX-License-Identifier: MIT */
#ifndef WF_CMD_CLOCK_H
#define WF_CMD_CLOCK_H

#include "../lib/os/os.h"

/* Monotonic, in microseconds. */
static inline int64_t clock_us(void)
{
	return os_system()->ops->monotonic(os_system());
}

/* Milliseconds since 1970. */
static inline int64_t clock_now(void)
{
	return os_system()->ops->now(os_system());
}

#endif
