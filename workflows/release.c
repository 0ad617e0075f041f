/* SPDX-License-Identifier: MIT */
/*
 * release: build, test and package a git repository, from a clean export.
 *
 *     wf run release --id release-1.4 repository=. ref=v1.4 work=/var/tmp/release
 *
 * The ref is resolved once: every later step works on that commit, also when
 * the run goes on next week. A stage that was done is not done again; one that
 * fails is not retried, for a test that fails will fail again, but the run
 * can be repeated under another id.
 *
 * Input:
 *     repository  a folder with a repository, or what git clone takes
 *     ref         branch, tag or commit (HEAD)
 *     work        folder to build in; each run has a folder of its own in it
 *     prepare     commands of the stages, run by sh in the exported tree;
 *     configure   "" leaves one out
 *     build       (autoreconf -fi; ./configure; make -j2; make -j2 check; make dist)
 *     test
 *     package
 *     artifact    pattern of the files that the last stage leaves (*.tar.*)
 *     minutes     longest time for a stage (60)
 */
#include "input.h"

#include <wf.h>

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *text(const json_t *in, const char *key)
{
	return json_string_value(json_object_get(in, key));
}

/* Whole paths, and a folder of this run's own. */
static json_t *locate(wf_attempt *a, const json_t *in)
{
	char repository[PATH_MAX], work[PATH_MAX], folder[PATH_MAX];
	const char *where = text(in, "repository");

	if (!realpath(where, repository)) /* then it is an address */
		snprintf(repository, sizeof repository, "%s", where);
	if (mkdir(text(in, "work"), 0777) < 0 && errno != EEXIST)
		return wf_fail_permanently(a, "bad_input", "cannot make '%s': %s", text(in, "work"),
					   strerror(errno));
	if (!realpath(text(in, "work"), work))
		return wf_fail(a, "system", "cannot open '%s': %s", text(in, "work"),
			       strerror(errno));
	if (snprintf(folder, sizeof folder, "%s/%s", work, wf_attempt_run_id(a)) >=
	    (int)sizeof folder)
		return wf_fail_permanently(a, "bad_input", "'%s' is too long", work);
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return wf_fail(a, "system", "cannot make '%s': %s", folder, strerror(errno));
	return json_pack("{s:s, s:s}", "repository", repository, "folder", folder);
}

/* What the last stage left: paths relative to the tree, in order. */
static json_t *collect(wf_attempt *a, const json_t *in)
{
	char pattern[PATH_MAX];
	json_t *found = json_array();
	size_t tree = strlen(text(in, "tree")) + 1;
	glob_t files;
	int rc;

	snprintf(pattern, sizeof pattern, "%s/%s", text(in, "tree"), text(in, "artifact"));
	rc = glob(pattern, GLOB_ERR, NULL, &files);
	for (size_t i = 0; rc == 0 && i < files.gl_pathc; i++)
		json_array_append_new(found, json_string(files.gl_pathv[i] + tree));
	if (rc == 0)
		globfree(&files);
	if (rc == 0 || rc == GLOB_NOMATCH)
		return found;
	json_decref(found);
	return wf_fail(a, "system", "cannot read '%s'", text(in, "tree"));
}

/*
 * The commands are fixed texts; what varies reaches them by the environment,
 * where nothing in a name can be taken for a command.
 */
static json_t *fetch(wf_ctx *wf, const json_t *place, const char *const *environment)
{
	const char *folder = text(place, "folder");
	json_t *outcome;

	outcome = wf_shell(
		wf, "clone",
		"rm -rf repository && git clone --quiet --no-checkout \"$REPOSITORY\" repository",
		.timeout = WF_MINUTES(60), .retry = {.attempts = 5}, .directory = folder,
		.environment = environment);
	if (!outcome)
		return NULL;
	return wf_shell(wf, "resolve",
			"cd repository && { git rev-parse --verify --quiet \"$REF^{commit}\" || "
			"git rev-parse --verify \"origin/$REF^{commit}\"; }",
			.retry = {.attempts = 1}, .directory = folder, .environment = environment);
}

/* A tree with nothing in it but what the commit has. */
static bool export_tree(wf_ctx *wf, const char *folder, const char *const *environment)
{
	return wf_shell(
		wf, "export",
		"rm -rf tree && mkdir tree && git -C repository archive --output=../tree.tar \"$COMMIT\" && "
		"tar -C tree -xf tree.tar && rm tree.tar",
		.retry = {.attempts = 3}, .directory = folder, .environment = environment);
}

struct stage {
	const char *name, *command;
};

static bool run_stages(wf_ctx *wf, const struct stage *stages, size_t n, const char *tree,
		       wf_duration timeout)
{
	for (size_t i = 0; i < n; i++) {
		if (!*stages[i].command)
			continue;
		wf_log(wf, "%s: %s", stages[i].name, stages[i].command);
		if (!wf_shell(wf, stages[i].name, stages[i].command, .timeout = timeout,
			      .directory = tree, .retry = {.attempts = 1}))
			return false;
	}
	return true;
}

/* The files with their digests: [{"file", "sha256"}], files with whole paths. */
static json_t *describe(wf_ctx *wf, const char *tree, const char *artifact)
{
	json_t *in = wf_json(wf, "{s:s, s:s}", "tree", tree, "artifact", artifact);
	json_t *names = in ? wf_step(wf, collect, in) : NULL, *list, *name;
	size_t i;

	json_decref(in);
	if (!names)
		return NULL;
	if (!json_array_size(names))
		return wf_throw(wf, "no_artifact", "no file '%s' in '%s'", artifact, tree);
	list = json_array();
	json_array_foreach (names, i, name) {
		json_t *outcome = wf_exec(wf, "checksum",
					  WF_ARGV("sha256sum", "--", json_string_value(name)),
					  .directory = tree, .retry = {.attempts = 3});
		const char *line = outcome ? text(outcome, "stdout") : NULL;

		if (!outcome) {
			json_decref(list);
			return NULL;
		}
		line += *line == '\\';
		json_array_append_new(
			list, json_pack("{s:o, s:o}", "file",
					json_sprintf("%s/%s", tree, json_string_value(name)),
					"sha256", json_stringn(line, strcspn(line, " "))));
	}
	return list;
}

static json_t *build(wf_ctx *wf, const json_t *in, const json_t *place, const char *ref,
		     const struct stage *stages, size_t n)
{
	const char *folder = text(place, "folder"), *artifact = text(in, "artifact");
	json_int_t minutes = json_integer_value(json_object_get(in, "minutes"));
	char repository[PATH_MAX + 16], ref_text[300], commit[80], tree[PATH_MAX];
	const char *environment[] = {repository, ref_text, NULL, NULL};
	json_t *resolved, *files;

	snprintf(repository, sizeof repository, "REPOSITORY=%s", text(place, "repository"));
	snprintf(ref_text, sizeof ref_text, "REF=%s", ref);
	if (!(resolved = fetch(wf, place, environment)))
		return NULL;
	snprintf(commit, sizeof commit, "COMMIT=%.64s", text(resolved, "stdout"));
	commit[strcspn(commit, "\n")] = '\0';
	environment[2] = commit;
	snprintf(tree, sizeof tree, "%s/tree", folder);
	if (!export_tree(wf, folder, environment) ||
	    !run_stages(wf, stages, n, tree, WF_MINUTES(minutes > 0 ? minutes : 60)) ||
	    !(files = describe(wf, tree, artifact ? artifact : "*.tar.*")))
		return NULL;
	return wf_json(wf, "{s:s, s:s, s:o}", "commit", commit + strlen("COMMIT="), "tree", tree,
		       "files", files);
}

static json_t *release(wf_ctx *wf, const json_t *in)
{
	struct stage stages[] = {{"prepare", "autoreconf -fi"},
				 {"configure", "./configure"},
				 {"build", "make -j2"},
				 {"test", "make -j2 check"},
				 {"package", "make dist"}};
	const size_t n = sizeof stages / sizeof stages[0];
	const char *ref = text(in, "ref") ? text(in, "ref") : "HEAD";
	char problem[200];
	json_t *place;

	if (input_problem(
		    in,
		    "repository! work! ref prepare configure build test package artifact minutes#",
		    problem, sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	if (strlen(ref) > 250 || *ref == '-')
		return wf_throw(wf, "bad_input", "ref cannot be '%.40s'", ref);
	for (size_t i = 0; i < n; i++)
		if (text(in, stages[i].name))
			stages[i].command = text(in, stages[i].name);
	if (!(place = wf_step(wf, locate, in, .retry = {.attempts = 3})))
		return NULL;
	return build(wf, in, place, ref, stages, n);
}

WF_MODULE(WF_WORKFLOW(release), WF_STEP(locate), WF_STEP(collect))
