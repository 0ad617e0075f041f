/* SPDX-License-Identifier: MIT */
/*
 * A step as it was asked for: options with every default filled in, on their
 * way from the core to whoever runs the attempt. Not on disk.
 */
#ifndef WF_MODEL_STEP_H
#define WF_MODEL_STEP_H

#include "retry.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum step_kind { STEP_FUNCTION, STEP_EXEC, STEP_SHELL };

/* What the cancellation of its scope means for a step: as wf_on_cancel. */
enum step_cancel { STEP_CANCEL_TRY, STEP_CANCEL_WAIT, STEP_CANCEL_ABANDON };

struct step {
	enum step_kind kind;
	char *name;    /* owned */
	int index;     /* STEP_FUNCTION: place in the module's table */
	json_t *input; /* owned; for commands {"argv": [...]} or {"shell": "..."} with directory,
			  environment, stdin */
	int64_t timeout, total_timeout, heartbeat, grace; /* ms; 0: none (grace: always set) */
	struct retry_policy retry;
	bool at_most_once, run_inline, any_exit;
	size_t capture; /* bytes */
	unsigned limit; /* at most so many at once in the state directory; 0: any */
	double rate;    /* attempts a second in the state directory; 0: any */
	enum step_cancel on_cancel;
};

void step_release(struct step *step);

#endif
