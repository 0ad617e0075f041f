/* SPDX-License-Identifier: MIT */
/* The branch of a run held against its files, as the committer sees them. */
#include "fsck_internal.h"

#include "../base/str.h"

#include <string.h>

static bool is_rebuilt(const char *file)
{
	return strcmp(file, "result.json") == 0 || strcmp(file, "halted.json") == 0;
}

/* The file has less than the branch, or something else. */
static void file_is_worse(struct look *l, const char *file, const char *how)
{
	bool segment = str_starts(file, "history/");
	const char *says = strcmp(how, "missing") == 0 ? "is missing, and on the branch"
			   : strcmp(how, "ahead") == 0 ? "has less than the branch"
						       : "differs from the branch";

	problem_add(&l->problems, true, segment ? FIX_SEGMENT : FIX_RESTORE, file, "'%s/%s' %s",
		    l->path, file, says);
}

/* What looked like a torn tail was acknowledged, or the branch would not have it. */
static bool has_tail(const struct look *l, const char *file)
{
	for (size_t i = 0; i < l->problems.count; i++) {
		const struct problem *p = &l->problems.list[i];

		if (p->fix == FIX_TAIL && p->file && strcmp(p->file, file) == 0)
			return true;
	}
	return false;
}

static void judge(struct look *l, const char *file, const char *how)
{
	bool behind = strcmp(how, "behind") == 0 || strcmp(how, "uncommitted") == 0;
	bool differs = strcmp(how, "differs") == 0;

	/* a sound history is right; only run.json cannot tell by itself */
	if (behind || is_rebuilt(file) ||
	    (differs && l->sound && strcmp(file, "run.json") != 0 && !has_tail(l, file)))
		problem_add(&l->problems, false, FIX_COMMIT, file, "the branch is behind '%s/%s'",
			    l->path, file);
	else
		file_is_worse(l, file, how);
}

/* There are no files: were they removed once it had ended, or lost? */
static void judge_lost(struct look *l, const json_t *differs)
{
	const json_t *one;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)differs, i, one) {
		const char *file = json_string_value(json_object_get(one, "file"));

		if (file && strcmp(file, "result.json") == 0)
			return;
	}
	problem_add(&l->problems, true, FIX_RESTORE, NULL,
		    "the branch run/%s has not ended, and its files are not there", l->id);
}

static void judge_all(struct look *l, const json_t *answer)
{
	const json_t *differs = json_object_get(answer, "differs"), *one;
	bool branch = json_is_string(json_object_get(answer, "commit"));
	size_t i;

	if (!l->path) {
		if (branch)
			judge_lost(l, differs);
		return;
	}
	if (!branch) {
		if (l->position.seq)
			problem_add(&l->problems, false, FIX_COMMIT, NULL, "run '%s' has no branch",
				    l->id);
		return;
	}
	json_array_foreach ((json_t *)(uintptr_t)differs, i, one) {
		const char *file = json_string_value(json_object_get(one, "file"));
		const char *how = json_string_value(json_object_get(one, "how"));

		if (file && how)
			judge(l, file, how);
	}
}

int look_at_branch(struct look *l, struct err *err)
{
	struct err why = ERR_INIT;
	json_t *request = json_pack("{s:s, s:s}", "do", "verify", "run", l->id), *answer = NULL;
	int rc = request ? committer_ask(l->fsck->committer, request, &answer, &why)
			 : err_nomem(&why);

	json_decref(request);
	if (rc == 0)
		judge_all(l, answer);
	else if (why.code == ERR_NOMEM)
		return err_nomem(err);
	else if (committer_fd(l->fsck->committer) < 0)
		fsck_lost_committer(l->fsck, &why);
	else
		problem_add(&l->problems, true, FIX_NONE, NULL, "the branch cannot be read: %s",
			    why.text);
	json_decref(answer);
	return 0;
}
