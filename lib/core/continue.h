/* SPDX-License-Identifier: MIT */
/* Continue-as-new: the workflow ends here and begins again as the next generation of its run. */
#ifndef WF_CORE_CONTINUE_H
#define WF_CORE_CONTINUE_H

#include "machine.h"

/* Whether the workflow, which returned no value, goes on as a new generation: its input, which the
 * caller then owns; else NULL. */
json_t *continue_take(struct strand *strand);
/* What run_started says of a generation: the signals that moved along. */
int continue_apply_started(struct core *core, const struct event *event, struct err *err);
int continue_apply_continued(struct core *core, const struct event *event, struct err *err);

#endif
