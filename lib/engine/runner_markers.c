/* SPDX-License-Identifier: MIT */
/*
 * Markers of a run that is driven. Promise 2: a marker is durable before the command behind it in
 * the core's queue is served. It goes straight into the history, before what has happened
 * meanwhile and is still pending: the workflow was told the answer before it is told of that.
 */
#include "../base/error.h"
#include "../base/str.h"
#include "driver_internal.h"
#include "markers.h"
#include "runner.h"

#include <stdlib.h>
#include <string.h>

int runner_preload(struct runner *r, struct core *core, uint64_t from, struct err *err)
{
	char *dir = str_format("%s/history", r->run.path);
	int rc = dir ? markers_load(core, r->driver->state->os, dir, from, err) : err_nomem(err);

	free(dir);
	return rc;
}

int runner_serve_marker(struct runner *r, const struct command *command, struct err *err)
{
	struct event event = {.type = command->marker, .at = runner_now(r)};
	int rc = r->resumed ? runner_say_resumed(r, err) : 0;

	if (rc == 0)
		rc = history_append(r->history, &event, command->text, strlen(command->text), err);
	if (rc == 0)
		rc = history_sync(r->history, err);
	if (rc == 0)
		runner_tell_committer(r, NULL);
	return rc;
}
