/* SPDX-License-Identifier: MIT */
#include "replace.h"

#include "../base/error.h"
#include "../store/run_replace.h"
#include "../store/state.h"
#include "commit_whole.h"
#include "committer.h"
#include "run_plan.h"

#include <string.h>

#define ORPHAN_WAIT_MS 15000

static int set_aside(struct committer *c, const char *id, struct err *err)
{
	json_t *request = json_pack("{s:s, s:s}", "do", "aside", "run", id), *answer = NULL;
	int rc = request ? committer_ask(c, request, &answer, err) : err_nomem(err);

	json_decref(request);
	json_decref(answer);
	return rc;
}

/* A parent that is open may not have recorded yet how its child ended. */
static int check_parent(const struct run *run, const char *parent, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct run of;
	bool open;

	if (!run->info.parent || (parent && strcmp(parent, run->info.parent) == 0) ||
	    run_open(&of, run->state, run->info.parent, &ignored) < 0)
		return 0;
	open = !of.closed;
	run_release(&of);
	return open ? err_set(err, ERR_USAGE,
			      "run '%s' is a child of run '%s', which is open: it keeps its id",
			      run->id, run->info.parent)
		    : 0;
}

/* Whether the id still is that of the run that was looked at, which we have the lock of. */
static int check_same(const struct run *run, const char *key, struct err *err)
{
	struct run now;
	char has[9] = "";
	bool closed = false;
	int rc = run_open(&now, run->state, run->id, err);

	if (rc == 0) {
		run_key(&now.info, has);
		closed = now.closed;
		run_release(&now);
	}
	if (rc == 0 && (!closed || strcmp(has, key) != 0))
		rc = err_set(err, ERR_EXISTS, "run '%s' was begun anew meanwhile", run->id);
	return rc;
}

int replace_begin(struct replace *ret, struct state *state, struct committer *committer,
		  const char *id, const char *parent, struct err *err)
{
	struct replace r;
	int rc = run_open(&r.run, state, id, err);

	if (rc < 0)
		return rc;
	run_key(&r.run.info, r.key);
	if (!r.run.closed)
		rc = err_set(err, ERR_EXISTS, "run '%s' is open", id);
	if (rc == 0)
		rc = check_parent(&r.run, parent, err);
	if (rc == 0)
		rc = run_lock(&r.run, ORPHAN_WAIT_MS, err);
	if (rc == 0)
		rc = check_same(&r.run, r.key, err);
	if (rc == 0)
		rc = commit_whole(committer, &r.run, err);
	if (rc == 0)
		rc = set_aside(committer, id, err);
	if (rc < 0)
		run_release(&r.run);
	else
		*ret = r;
	return rc;
}

int replace_end(struct replace *replace, struct committer *committer, bool made, struct err *err)
{
	struct run run;
	int rc = made ? run_open(&run, replace->run.state, replace->run.id, err) : 1;

	if (rc == 0) {
		rc = run_drop_replaced(&run, err);
		run_release(&run);
	}
	committer_release(committer, replace->run.id);
	run_release(&replace->run);
	return rc < 0 ? rc : 0;
}

int replace_run(const struct run_plan *plan, struct state *state, char **ret_id, struct err *err)
{
	struct committer *committer;
	struct err ignored = ERR_INIT;
	struct run_plan mine = *plan;
	struct replace replace;
	int rc = committer_start(&committer, state, err);

	if (rc < 0)
		return rc;
	rc = replace_begin(&replace, state, committer, plan->id, NULL, err);
	if (rc == 0) {
		mine.replaces = replace.key;
		rc = run_plan_make(&mine, state, ret_id, err);
		/* what stays of the old one is removed when the new one is driven */
		replace_end(&replace, committer, rc == 0, &ignored);
	}
	committer_finish(committer, &ignored);
	return rc;
}
