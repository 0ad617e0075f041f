/* SPDX-License-Identifier: MIT */
#include "follow.h"

#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/reply.h"
#include "../lib/model/event.h"
#include "../lib/store/history.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"

#include <stdlib.h>
#include <string.h>

static int value_of(struct run *run, const struct event *event, const char *member,
		    const char *member_file, json_t **ret, struct err *err)
{
	const char *file = json_string_value(json_object_get(event->body, member_file));

	if (file)
		return run_get_payload(run, file, ret, err);
	*ret = json_incref(json_object_get(event->body, member));
	return 0;
}

static int take(struct run *run, const struct event *event, struct followed *ret, struct err *err)
{
	bool failed;

	if (event->type == EVENT_UPDATE_ACCEPTED)
		ret->state = UPDATE_ACCEPTED;
	if (event->type != EVENT_UPDATE_COMPLETED)
		return 0;
	failed = json_object_get(event->body, "error") ||
		 json_object_get(event->body, "error_file");
	ret->state = failed ? UPDATE_FAILED : UPDATE_COMPLETED;
	return failed ? value_of(run, event, "error", "error_file", &ret->value, err)
		      : value_of(run, event, "result", "result_file", &ret->value, err);
}

static int look(struct run *run, const char *update, struct followed *ret, struct err *err)
{
	struct history_options options = {.run = run->id};
	struct history *history = NULL;
	char *path = str_format("%s/history", run->path);
	struct event event;
	int rc = path ? history_open(&history, run->state->os, path, &options, err)
		      : err_nomem(err);

	free(path);
	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		const char *id = json_string_value(json_object_get(event.body, "update"));
		rc = id && strcmp(id, update) == 0 ? take(run, &event, ret, err) : 0;
		event_release(&event);
	}
	history_close(history);
	return rc;
}

int follow_update(struct state *state, const char *run_id, const char *update, const char *message,
		  struct followed *ret, struct err *err)
{
	struct followed f = {.state = UPDATE_UNKNOWN};
	struct run run;
	int rc = run_open(&run, state, run_id, err);

	if (rc < 0)
		return rc;
	f.closed = run.closed;
	rc = look(&run, update, &f, err);
	if (rc == 0 && f.state == UPDATE_UNKNOWN && message) {
		rc = reply_get(&run, message, &f.value, err);
		if (rc > 0) {
			f.state = UPDATE_REFUSED;
			reply_remove(&run, message);
			rc = 0;
		}
	}
	run_release(&run);
	if (rc < 0)
		json_decref(f.value);
	else
		*ret = f;
	return rc;
}
