/* SPDX-License-Identifier: MIT */
/* The index of closed runs: what it says of a run is what lists show, so it must be what the run's
 * own files say. A run without a line, and a line without a run, mean nothing. */
#include "fsck_internal.h"

#include "../store/index.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

/* 1: what the index says is not so; *ret_line, new, is. 0 also when the files cannot tell. */
static int differs(struct fsck *f, const struct index_entry *entry, char **ret_line,
		   struct err *err)
{
	struct err why = ERR_INIT;
	char *line = NULL;
	int rc = run_index_line(f->state, entry->id, &line, &why);

	if (rc < 0)
		return why.code == ERR_NOMEM ? err_nomem(err) : 0;
	if (strlen(line) == entry->len + 1 && memcmp(line, entry->line, entry->len) == 0) {
		free(line);
		return 0;
	}
	*ret_line = line;
	return 1;
}

static void tell(struct fsck *f, const char *id, const char *line, struct problems *before,
		 struct problems *after)
{
	static const char text[] = "'%s/index/closed.jsonl' tells of run '%s' otherwise than its "
				   "files";
	struct err why = ERR_INIT;

	problem_add(before, true, FIX_NONE, NULL, text, f->state->path, id);
	if (!f->repair || index_append(f->state, line, strlen(line), &why) < 0)
		problem_add(after, true, FIX_NONE, NULL, text, f->state->path, id);
}

/* Returns how many lines differ; before is NULL: nothing is told of them. */
static int check(struct fsck *f, struct problems *before, struct problems *after, struct err *err)
{
	struct index index = {0};
	int wrong = 0, rc = index_load(&index, f->state, err);

	for (size_t i = 0; rc == 0 && i < index.count; i++) {
		char *line = NULL;

		if (index.entries[i].line)
			rc = differs(f, &index.entries[i], &line, err);
		if (rc == 1) {
			wrong++;
			if (before)
				tell(f, index.entries[i].id, line, before, after);
			rc = 0;
		}
		free(line);
	}
	index_release(&index);
	return rc < 0 ? rc : wrong;
}

int fsck_index(struct fsck *f, struct err *err)
{
	struct problems before = {NULL, 0, 0, false}, after = before;
	int rc = check(f, NULL, NULL, err);

	/* what was reset and closed again, while it was looked at, is not so the second time */
	if (rc > 0)
		rc = check(f, &before, &after, err);
	if (rc >= 0 && (before.failed || after.failed))
		rc = err_nomem(err);
	if (rc >= 0)
		problems_report(f, "", &before, &after);
	problems_release(&before);
	problems_release(&after);
	return rc < 0 ? rc : 0;
}
