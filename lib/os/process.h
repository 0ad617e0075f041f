/* SPDX-License-Identifier: MIT */
/* Processes by number and start, so that one that gets the number later is not taken for it. */
#ifndef WF_OS_PROCESS_H
#define WF_OS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_id {
	pid_t pid;        /* 0: none */
	uint64_t started; /* in clock ticks since boot; 0: not known */
};

struct process_id process_self(void);
/* One that was killed is dead for us even while the kernel still takes it apart. */
bool process_alive(const struct process_id *id);

#endif
