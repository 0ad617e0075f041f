/* SPDX-License-Identifier: MIT */
/* The rarer lines: updates, what is said to other runs, tags, locks, choices, resets. */
#include "timeline_more.h"

#include "../lib/base/buf.h"
#include "../lib/model/event.h"
#include "describe.h"
#include "text.h"

static void word(struct buf *out, const char *before, const struct event *e, const char *member)
{
	const char *text = json_string_value(json_object_get(e->body, member));

	buf_adds(out, before);
	text_line(out, text ? text : "");
}

static void number(struct buf *out, const char *before, const struct event *e, const char *member)
{
	buf_addf(out, "%s%lld", before,
		 (long long)json_integer_value(json_object_get(e->body, member)));
}

/* Nothing when there is no such member. */
static void value(struct buf *out, const char *before, const struct event *e, const char *member)
{
	describe_json(out, before, json_object_get(e->body, member));
}

static void failed(struct buf *out, const char *before, const struct event *e)
{
	buf_adds(out, before);
	describe_failure(out, json_object_get(e->body, "error"));
}

static bool has(const struct event *e, const char *member)
{
	return json_object_get(e->body, member) != NULL;
}

static void update_ended(struct buf *out, const struct event *e)
{
	word(out, "update ", e, "update");
	if (has(e, "error"))
		failed(out, ": failed: ", e);
	else
		value(out, ": completed ", e, "result");
}

static void signal_sent(struct buf *out, const struct event *e)
{
	word(out, "signal ", e, "name");
	word(out, " to run ", e, "run");
	value(out, " ", e, "payload");
	if (has(e, "error"))
		failed(out, ": not delivered: ", e);
}

static void told(struct buf *out, const struct event *e)
{
	const char *comma = "";

	if (has(e, "tags"))
		value(out, "tags ", e, "tags"), comma = ", ";
	if (has(e, "memo"))
		value(out, *comma ? ", memo " : "memo ", e, "memo"), comma = ", ";
	if (has(e, "details"))
		word(out, *comma ? ", details: " : "details: ", e, "details");
}

static void reset(struct buf *out, const struct event *e)
{
	number(out, "reset to event ", e, "to");
	if (has(e, "reason"))
		word(out, ": ", e, "reason");
}

bool timeline_more(struct buf *out, const struct event *e)
{
	switch (e->type) {
	case EVENT_UPDATE_ACCEPTED:
		word(out, "update ", e, "update");
		word(out, ": accepted ", e, "name");
		value(out, " ", e, "payload");
		return true;
	case EVENT_UPDATE_COMPLETED:
		update_ended(out, e);
		return true;
	case EVENT_SIGNAL_SENT:
		signal_sent(out, e);
		return true;
	case EVENT_SIDE_EFFECT:
		value(out, "side effect: ", e, "value");
		return has(e, "value");
	case EVENT_PATCHED:
		word(out, "goes the new way of patch ", e, "id");
		return true;
	case EVENT_VERSION:
		word(out, "version of ", e, "id");
		number(out, ": ", e, "version");
		return true;
	case EVENT_TAGS_SET:
		told(out, e);
		return true;
	case EVENT_LOCK_ACQUIRED:
		word(out, "lock ", e, "lock");
		buf_adds(out, ": acquired");
		return true;
	case EVENT_LOCK_LET_GO:
		word(out, "lock ", e, "lock");
		buf_adds(out, ": let go");
		return true;
	case EVENT_RUN_RESET:
		reset(out, e);
		return true;
	case EVENT_RUN_FORKED:
		word(out, "forked from run ", e, "of");
		number(out, " at event ", e, "event");
		return true;
	default:
		return false;
	}
}
