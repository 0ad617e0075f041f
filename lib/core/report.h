/* SPDX-License-Identifier: MIT */
/* What is said when the history and the workflow disagree (promise 4). Each sets err and returns
 * its code. */
#ifndef WF_CORE_REPORT_H
#define WF_CORE_REPORT_H

#include "machine.h"

/* The event answers command event->cmd, which the workflow has not asked for. */
int report_not_asked(const struct core *core, const struct event *event, struct err *err);
/* It has asked for something else: entry. */
int report_other(const struct core *core, const struct event *event, const struct entry *entry,
		 struct err *err);
/* The command has had its outcome. */
int report_twice(const struct core *core, const struct event *event, struct err *err);
/* The event says how the run ended; the workflow has not ended, or not so. */
int report_end(const struct core *core, const struct event *event, const json_t *result,
	       struct err *err);
/* "step 'charge'", "a timer": what this entry is, for people. */
void report_entry(const struct entry *entry, struct buf *out);

#endif
