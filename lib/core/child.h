/* SPDX-License-Identifier: MIT */
/* Child runs: what wf_child and wf_child_start stand for, and the events that answer them. */
#ifndef WF_CORE_CHILD_H
#define WF_CORE_CHILD_H

#include "machine.h"

struct buf;

int child_apply_started(struct core *core, const struct event *event, struct err *err);
int child_apply_closed(struct core *core, const struct event *event, struct err *err);
/* Append "workflow", and "input" or "input_sha256", of a child that was asked for. */
void child_describe(const struct child *child, struct buf *out);

#endif
