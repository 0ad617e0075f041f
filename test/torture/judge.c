/* SPDX-License-Identifier: MIT */
#include "torture.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 20 };

static unsigned entries(struct torture *t, const char *folder)
{
	char path[4096];
	unsigned n = 0;
	struct dirent *e;
	DIR *dir;

	path_of(t, path, folder, NULL, NULL);
	if (!(dir = opendir(path)))
		return 0;
	while ((e = readdir(dir)))
		n += e->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* Go on with all that is open, until nothing is. */
static void resume_all(struct torture *t)
{
	const char *const argv[] = {t->wf, "resume", "--quiet", NULL};
	char *err = NULL;
	int status = 0;

	for (int i = 0; i < ROUNDS && entries(t, ".wf/open") > 0; i++) {
		free(err);
		status = run_undisturbed(t, argv, NULL, &err);
	}
	if (entries(t, ".wf/open") > 0)
		broken(t, "%u runs do not end; the last wf resume exited %d: %s",
		       entries(t, ".wf/open"), status, err ? err : "");
	free(err);
}

/* The one result that effects can have, but for a step that runs at most once: that may be lost. */
static bool right_result(const json_t *result)
{
	const char *shell = json_string_value(json_object_get(result, "shell"));
	const char *once = json_string_value(json_object_get(result, "once"));
	static const char *const allowed[] = {"done", "interrupted", "crashed"};

	if (json_integer_value(json_object_get(result, "sum")) != 1842 || !shell ||
	    strcmp(shell, "hello") != 0)
		return false;
	for (size_t i = 0; once && i < 3; i++)
		if (strcmp(once, allowed[i]) == 0)
			return true;
	return false;
}

static void judge_result(struct torture *t, const struct target *target)
{
	struct inputs inputs;
	const char *const argv[] = {t->wf,      "run",        t->module, "--id",
				    target->id, inputs.marks, inputs.us, NULL};
	char path[4096], *text = NULL, *err = NULL;
	json_t *kept, *told;
	int status;

	inputs_of(t, target, &inputs);
	status = run_undisturbed(t, argv, &text, &err);
	path_of(t, path, ".wf/closed", target->id, "result.json");
	kept = json_load_file(path, 0, NULL);
	told = json_loads(text, JSON_DECODE_ANY, NULL);
	if (status != 0 || !right_result(told))
		broken(t, "%s: exit %d, result %s%s", target->id, status, text, err);
	else if (!json_equal(json_object_get(kept, "result"), told))
		broken(t, "%s: result.json differs from what wf run says", target->id);
	if (target->result && strcmp(target->result, text) != 0)
		broken(t, "promise 1: %s: the result told first was %s, now it is %s", target->id,
		       target->result, text);
	json_decref(kept);
	json_decref(told);
	free(text);
	free(err);
}

/* A command that must exit 0 and, if silent, say nothing. */
static void expect_clean(struct torture *t, const char *const argv[], bool silent)
{
	char *out, *err;
	int status = run_undisturbed(t, argv, &out, &err);

	if (status != 0 || (silent && (*out || *err)))
		broken(t, "%s %s: exit %d: %s%s", argv[0], argv[1], status, out, err);
	free(out);
	free(err);
}

static void judge_files(struct torture *t)
{
	static const char *const find[] = {"find",
					   ".wf",
					   "(",
					   "-name",
					   ".tmp-*",
					   "-o",
					   "-name",
					   ".new-*",
					   "-o",
					   "-name",
					   "*.lock",
					   "!",
					   "-path",
					   ".wf/open/.lock",
					   "!",
					   "-path",
					   ".wf/.git/wf/tidy.lock",
					   "!",
					   "-name",
					   "inbox.lock",
					   ")",
					   NULL};

	expect_clean(t, find, true);
}

void judge_all(struct torture *t)
{
	static const char *const git_fsck[] = {
		"git", "-C", ".wf", "fsck", "--strict", "--no-dangling", "--no-progress", NULL};
	const char *const repair[] = {t->wf, "fsck", "--repair", NULL};
	const char *const fsck[] = {t->wf, "fsck", NULL};

	resume_all(t);
	for (size_t i = 0; i < t->targets; i++) {
		judge_result(t, &t->target[i]);
		judge_run(t, &t->target[i]);
		judge_mail(t, &t->target[i]);
	}
	if (t->has_fsck) {
		expect_clean(t, repair, false);
		expect_clean(t, fsck, false);
	}
	expect_clean(t, git_fsck, true);
	judge_files(t);
}
