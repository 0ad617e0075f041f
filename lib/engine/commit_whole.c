/* SPDX-License-Identifier: MIT */
#include "commit_whole.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../store/history.h"
#include "../store/run.h"
#include "../store/state.h"
#include "committer.h"

#include <stdlib.h>

/* Where the history ends, once what a death left of its last write is dealt with. */
static int find_end(struct run *run, struct history_position *ret, struct err *err)
{
	struct history_options options = {.writable = true, .run = run->id};
	struct history *history = NULL;
	struct event event;
	char *dir = str_format("%s/history", run->path);
	int rc = dir ? history_open(&history, run->state->os, dir, &options, err) : err_nomem(err);

	while (rc == 0 && (rc = history_read(history, &event, err)) > 0) {
		event_release(&event);
		rc = 0;
	}
	if (rc == 0)
		*ret = history_position(history);
	history_close(history);
	free(dir);
	return rc;
}

int commit_whole(struct committer *committer, struct run *run, struct err *err)
{
	struct history_position position;
	int rc = find_end(run, &position, err);

	if (rc == 0)
		rc = committer_hold(committer, run->id, run->lock_fd, err);
	if (rc < 0)
		return rc;
	committer_commit(committer, run->id, &position, NULL);
	return committer_flush(committer, err);
}
