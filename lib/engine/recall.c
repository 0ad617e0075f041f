/* SPDX-License-Identifier: MIT */
#include "recall.h"

#include "../base/error.h"
#include "../store/state.h"
#include "committer.h"

#include <stddef.h>

static int ask(struct committer *committer, const char *id, struct err *err)
{
	struct err why = ERR_INIT;
	json_t *request = json_pack("{s:s, s:s}", "do", "restore", "run", id), *answer = NULL;
	int rc = request ? committer_ask(committer, request, &answer, &why) : err_nomem(&why);

	json_decref(request);
	json_decref(answer);
	if (rc == 0)
		return 1;
	return rc == -ERR_NOT_FOUND
		       ? 0
		       : err_set(err, why.code, "cannot bring back run '%s': %s", id, why.text);
}

static int recall(void *arg, struct state *state, const char *id, struct err *err)
{
	struct err ignored = ERR_INIT;
	struct committer *own = NULL;
	int rc = arg ? 0 : committer_start(&own, state, err);

	if (rc == 0)
		rc = ask(arg ? arg : own, id, err);
	committer_finish(own, &ignored);
	return rc;
}

void recall_enable(struct state *state)
{
	recall_by(state, NULL);
}

void recall_by(struct state *state, struct committer *committer)
{
	state->recall = recall;
	state->recall_arg = committer;
}

void recall_disable(struct state *state)
{
	state->recall = NULL;
}
