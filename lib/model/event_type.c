/* SPDX-License-Identifier: MIT */
/* The names of events, as they are on disk for ever. */
#include "event.h"

#include <string.h>

#define TYPE(text) \
	{ \
		text, sizeof(text) - 1 \
	}

static const struct type_name {
	const char *text;
	size_t len;
} names[EVENT_TYPES] = {
	[EVENT_NONE] = TYPE("none"),
	[EVENT_SEGMENT] = TYPE("segment"),
	[EVENT_RUN_STARTED] = TYPE("run_started"),
	[EVENT_STEP_STARTED] = TYPE("step_started"),
	[EVENT_STEP_COMPLETED] = TYPE("step_completed"),
	[EVENT_STEP_FAILED] = TYPE("step_failed"),
	[EVENT_TIMER_FIRED] = TYPE("timer_fired"),
	[EVENT_SIDE_EFFECT] = TYPE("side_effect"),
	[EVENT_PATCHED] = TYPE("patched"),
	[EVENT_VERSION] = TYPE("version"),
	[EVENT_SIGNAL_RECEIVED] = TYPE("signal_received"),
	[EVENT_UPDATE_ACCEPTED] = TYPE("update_accepted"),
	[EVENT_UPDATE_COMPLETED] = TYPE("update_completed"),
	[EVENT_CANCEL_REQUESTED] = TYPE("cancel_requested"),
	[EVENT_CHILD_STARTED] = TYPE("child_started"),
	[EVENT_CHILD_CLOSED] = TYPE("child_closed"),
	[EVENT_SIGNAL_SENT] = TYPE("signal_sent"),
	[EVENT_TAGS_SET] = TYPE("tags_set"),
	[EVENT_LOCK_ACQUIRED] = TYPE("lock_acquired"),
	[EVENT_LOCK_LET_GO] = TYPE("lock_let_go"),
	[EVENT_RUN_COMPLETED] = TYPE("run_completed"),
	[EVENT_RUN_FAILED] = TYPE("run_failed"),
	[EVENT_RUN_CANCELLED] = TYPE("run_cancelled"),
	[EVENT_RUN_TERMINATED] = TYPE("run_terminated"),
	[EVENT_RUN_CONTINUED] = TYPE("run_continued"),
	[EVENT_RUN_SUSPENDED] = TYPE("run_suspended"),
	[EVENT_RUN_RESUMED] = TYPE("run_resumed"),
	[EVENT_RUN_RESET] = TYPE("run_reset"),
	[EVENT_RUN_FORKED] = TYPE("run_forked"),
	[EVENT_MODULE_CHANGED] = TYPE("module_changed"),
};

const char *event_type_name(enum event_type type)
{
	return (unsigned)type < EVENT_TYPES ? names[type].text : names[EVENT_NONE].text;
}

enum event_type event_type_parse(const char *name, size_t n)
{
	for (unsigned i = EVENT_NONE + 1; i < EVENT_TYPES; i++)
		if (names[i].len == n && memcmp(names[i].text, name, n) == 0)
			return (enum event_type)i;
	return EVENT_NONE;
}

bool event_is_note(enum event_type type)
{
	switch (type) {
	case EVENT_SEGMENT:
	case EVENT_RUN_SUSPENDED:
	case EVENT_RUN_RESUMED:
	case EVENT_RUN_RESET:
	case EVENT_RUN_FORKED:
	case EVENT_MODULE_CHANGED:
		return true;
	default:
		return false;
	}
}

bool event_is_end(enum event_type type)
{
	switch (type) {
	case EVENT_RUN_COMPLETED:
	case EVENT_RUN_FAILED:
	case EVENT_RUN_CANCELLED:
	case EVENT_RUN_TERMINATED:
	case EVENT_RUN_CONTINUED:
		return true;
	default:
		return false;
	}
}

bool event_ends_run(enum event_type type)
{
	return event_is_end(type) && type != EVENT_RUN_CONTINUED;
}
