/* SPDX-License-Identifier: MIT */
/* What the files share that apply events. */
#ifndef WF_CORE_MATCH_INTERNAL_H
#define WF_CORE_MATCH_INTERNAL_H

#include "machine.h"

/* ERR_DAMAGED: the event lacks member. */
int match_incomplete(const struct event *event, const char *member, struct err *err);
/* The command that the event answers: 1 and *ret, or 0 when it is one that was given up long ago.
 */
int match_asked(const struct core *core, const struct event *event, enum command_kind kind,
		struct entry **ret, struct err *err);
/* The value of member, or of the payload that member_file names. New; null when there is neither.
 */
int match_value(const struct core *core, const struct event *event, const char *member,
		const char *member_file, json_t **ret, struct err *err);
/* Time in the workflow is that of what it was told last, and never goes back. */
void match_time(struct core *core, const struct event *event);
/* entry has its outcome. Steals value. */
void match_settle(struct core *core, const struct event *event, struct entry *entry, json_t *value,
		  const struct failure *failure);

/* As match_asked; and every field that the command has is in the event (tell.c). */
int match_fields(const struct core *core, const struct event *event, enum command_kind kind,
		 struct entry **ret, struct err *err);
int match_tags_set(struct core *core, const struct event *event, struct err *err);
int match_lock_acquired(struct core *core, const struct event *event, struct err *err);
int match_lock_let_go(struct core *core, const struct event *event, struct err *err);

#endif
