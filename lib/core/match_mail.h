/* SPDX-License-Identifier: MIT */
/* Events of signals and updates against the workflow. */
#ifndef WF_CORE_MATCH_MAIL_H
#define WF_CORE_MATCH_MAIL_H

struct core;
struct err;
struct event;

int match_signal_received(struct core *core, const struct event *event, struct err *err);
int match_signal_sent(struct core *core, const struct event *event, struct err *err);
int match_update_accepted(struct core *core, const struct event *event, struct err *err);
int match_update_completed(struct core *core, const struct event *event, struct err *err);

#endif
