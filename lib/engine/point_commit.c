/* SPDX-License-Identifier: MIT */
#include "point_commit.h"

#include "../base/error.h"
#include "../store/history.h"
#include "committer.h"

static json_t *position_json(const struct history_position *p)
{
	return json_pack("{s:I, s:I, s:I}", "seq", (json_int_t)p->seq, "segment",
			 (json_int_t)p->segment, "offset", (json_int_t)p->offset);
}

/* Steals request, which may be NULL. */
static void ask(struct committer *c, json_t *request, struct err *complaint)
{
	struct err err = ERR_INIT;
	json_t *answer = NULL;

	if (!request)
		err_nomem(&err);
	else
		committer_ask(c, request, &answer, &err);
	if (err.code)
		err_set(complaint, err.code, "%s", err.text);
	json_decref(answer);
	json_decref(request);
}

void point_commit_reset(struct committer *c, const char *run, const struct history_position *point,
			const struct history_position *now, const char *message,
			struct err *complaint)
{
	ask(c,
	    json_pack("{s:s, s:s, s:o, s:o, s:s}", "do", "reset", "run", run, "point",
		      position_json(point), "now", position_json(now), "message", message),
	    complaint);
}

void point_commit_fork(struct committer *c, const char *run, const char *of,
		       const struct history_position *point, const struct history_position *now,
		       const char *message, struct err *complaint)
{
	ask(c,
	    json_pack("{s:s, s:s, s:s, s:o, s:o, s:s}", "do", "fork", "run", run, "of", of, "point",
		      position_json(point), "now", position_json(now), "message", message),
	    complaint);
}
