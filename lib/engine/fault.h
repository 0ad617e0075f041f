/* SPDX-License-Identifier: MIT */
/*
 * A planned death of the driver, for tests of workflows: it kills itself by
 * SIGKILL around the Nth event that it makes durable, counted from 1.
 */
#ifndef WF_ENGINE_FAULT_H
#define WF_ENGINE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

struct fault {
	uint64_t at; /* 0: only count */
	bool after;  /* once that event is durable, and before anybody is told; else just before */
	uint64_t count; /* events so far; in memory that whoever asks can see */
};

struct err;
struct history;

/* Before, or after, one more event is appended. Does not return where the death is planned. */
int fault_before(struct fault *fault, struct history *history, struct err *err);
int fault_after(struct fault *fault, struct history *history, struct err *err);

#endif
