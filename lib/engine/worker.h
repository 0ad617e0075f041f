/* SPDX-License-Identifier: MIT */
/*
 * The worker's side: a process forked from the driver, which serves attempts until its
 * socket closes.
 *
 * It leads a process group of its own. When the driver dies the kernel sends it a
 * signal (PR_SET_PDEATHSIG) whose handler kills the whole group; the closed socket
 * tells the same a second time. TERM ends nothing by itself: it interrupts what blocks, and the
 * step asks wf_cancelled(). What a step's children leave behind is adopted and reaped here.
 */
#ifndef WF_ENGINE_WORKER_H
#define WF_ENGINE_WORKER_H

#include <stddef.h>
#include <sys/types.h>

struct slot;

struct worker_setup {
	pid_t driver;
	int socket, scratch_out, scratch_err; /* all above 2 */
	const int *keep;                      /* descriptors that stay open: the run locks */
	size_t keep_count;
	struct slot *slots;
	size_t max_result; /* 0: any */
};

/* Called in the forked child with every signal blocked. Never returns. */
_Noreturn void worker_main(const struct worker_setup *setup);

/* Make the forked process a worker's: group, signals, descriptors, stdio. 0, or -1 when that cannot
 * be. */
int worker_become(struct worker_setup *setup);

#endif
