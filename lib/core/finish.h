/* SPDX-License-Identifier: MIT */
/* How a workflow begins and ends, compensations included. */
#ifndef WF_CORE_FINISH_H
#define WF_CORE_FINISH_H

#include "schedule.h"

/* A step to run if the workflow fails. */
struct compensation {
	struct entry *entry;
	struct compensation *next;
};

/* Bodies of strands: the workflow function; a wf_spawn(); what is left after core_abort. */
void finish_workflow(struct strand *strand);
void finish_spawned(struct strand *strand);
void finish_aborted(struct strand *strand);
/* What workflow code returned: stolen, or another reference to what it was lent. at_end: parts of
 * all that was lent are looked at too. */
json_t *finish_take(struct core *core, json_t *value, bool at_end);
/* Why a strand that returned NULL failed; who: for one that gave no reason. */
const struct failure *finish_why(struct strand *strand, const char *who);
void compensations_free(struct core *core);

#endif
