/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include "../store/history.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

/* What was appended before is durable, so that each number is a state of its own. */
static int die(struct history *history, struct err *err)
{
	int rc = history_sync(history, err);

	if (rc == 0)
		kill(getpid(), SIGKILL);
	return rc;
}

int fault_before(struct fault *fault, struct history *history, struct err *err)
{
	if (!fault)
		return 0;
	fault->count++;
	return fault->at == fault->count && !fault->after ? die(history, err) : 0;
}

int fault_after(struct fault *fault, struct history *history, struct err *err)
{
	return fault && fault->at == fault->count && fault->after ? die(history, err) : 0;
}
