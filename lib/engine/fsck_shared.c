/* SPDX-License-Identifier: MIT */
/* What runs share: the folders themselves, modules, settings, what makers of runs left. */
#include "fsck_internal.h"

#include "../base/buf.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../model/config.h"
#include "../os/file.h"
#include "../os/os.h"
#include "../store/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MODULE_MAX ((size_t)256 << 20)

struct shared {
	struct fsck *f;
	const char *folder;
	struct problems before, after;
	struct err *err;
};

void fsck_lost_committer(struct fsck *f, const struct err *why)
{
	struct err said = ERR_INIT;
	struct buf text = BUF_INIT;

	if (committer_finish(f->committer, &said) == 0)
		said = *why;
	f->committer = NULL;
	buf_addf(&text, "branches cannot be looked at: %s; 'git -C %s fsck' tells more", said.text,
		 f->state->path);
	f->finding(f->arg, "", "damage", text.data ? text.data : said.text);
	f->left++;
	buf_release(&text);
}

static const char *judge_module(struct fsck *f, const char *path, const char *sha256)
{
	struct buf text = BUF_INIT;
	struct err why = ERR_INIT;
	char digest[HASH_HEX];
	const char *what = "";

	if (os_read_file(f->state->os, path, MODULE_MAX, &text, &why) < 0) {
		what = why.code == ERR_NOT_FOUND ? "is missing" : "cannot be read";
	} else {
		hash_sha256(text.data ? text.data : "", text.len, digest);
		if (strcmp(digest, sha256) != 0)
			what = "does not have the SHA-256 of its name";
	}
	buf_release(&text);
	return what;
}

const char *fsck_module(struct fsck *f, const char *sha256)
{
	json_t *known = json_object_get(f->modules, sha256);
	char *name, *path;

	if (known)
		return json_string_value(known);
	name = str_format("%s.so", sha256);
	path = name ? state_path(f->state, "modules", name) : NULL;
	known = path ? json_string(judge_module(f, path, sha256)) : NULL;
	free(name);
	free(path);
	return json_object_set_new(f->modules, sha256, known) < 0 ? NULL : json_string_value(known);
}

/* A module that no open run is pinned to must not wait there for one with the right name. */
static void check_unused_module(struct shared *s, const char *name, const char *path)
{
	struct fsck *f = s->f;
	char sha256[HASH_HEX] = "";
	const char *what;

	if (strlen(name) != HASH_HEX + 2 || strspn(name, "0123456789abcdef") != HASH_HEX - 1 ||
	    !str_ends(name, ".so"))
		return;
	memcpy(sha256, name, HASH_HEX - 1);
	if (json_object_get(f->modules, sha256))
		return;
	what = fsck_module(f, sha256);
	if (what && *what) {
		problem_add(&s->before, true, FIX_MODULE, NULL, "'%s' %s", path, what);
		if (!f->repair || f->state->os->ops->unlink(f->state->os, path) < 0)
			problem_add(&s->after, true, FIX_MODULE, NULL, "'%s' %s", path, what);
	}
}

static void check_entry(struct shared *s, const char *name, const char *path, bool folder_of_runs)
{
	struct problems *now = &s->before;
	size_t before = now->count;
	bool folder;
	int rc = look_at_entry(now, s->f, path, path, NULL, &folder);

	if (rc == 1 && folder_of_runs && (!folder || str_id_problem(name)))
		problem_add(now, false, FIX_NONE, NULL, "'%s' is no run", path);
	for (size_t i = before; i < now->count; i++) {
		struct stat st;

		if (now->list[i].fix == FIX_MODE && s->f->repair && lstat(path, &st) == 0 &&
		    !S_ISLNK(st.st_mode) &&
		    chmod(path, st.st_mode & 07777 & ~(mode_t)(S_IWGRP | S_IWOTH)) == 0)
			continue;
		problem_add(&s->after, now->list[i].damage, FIX_NONE, NULL, "%s",
			    now->list[i].text);
	}
}

static int each_entry(void *arg, const char *name, enum os_kind kind)
{
	struct shared *s = arg;
	char *path = str_format("%s/%s", s->folder, name);
	bool runs = str_ends(s->folder, "/open") || str_ends(s->folder, "/closed");

	(void)kind;
	if (!path)
		return err_nomem(s->err);
	/* the folders of runs were looked at with their runs */
	if (name[0] != '.' && !(runs && kind == OS_DIRECTORY && !str_id_problem(name)))
		check_entry(s, name, path, runs);
	if (str_ends(s->folder, "/modules"))
		check_unused_module(s, name, path);
	free(path);
	return 0;
}

static int on_stray(void *arg, const char *path)
{
	struct shared *s = arg;

	problem_add(&s->before, false, FIX_SWEEP, NULL,
		    "'%s' was being written when a process died", path);
	if (!s->f->repair)
		problem_add(&s->after, false, FIX_SWEEP, NULL,
			    "'%s' was being written when a process died", path);
	return 0;
}

static int check_folder(struct shared *s, const char *name, struct err *err)
{
	struct fsck *f = s->f;
	struct os *os = f->state->os;
	char *path = *name ? state_path(f->state, name, NULL) : strdup(f->state->path);
	int rc = path ? sweep_folder(os, path, false, f->repair, on_stray, s, err) : err_nomem(err);

	s->folder = path;
	if (rc == 0) {
		rc = os->ops->list(os, path, each_entry, s);
		if (rc == -ENOTDIR || rc == -ELOOP) {
			problem_add(&s->before, true, FIX_NONE, NULL,
				    "'%s' is not a folder; move it away", path);
			problem_add(&s->after, true, FIX_NONE, NULL,
				    "'%s' is not a folder; move it away", path);
			rc = 0;
		} else if (rc == -ENOENT)
			rc = 0;
		else if (rc < 0 && !err->code)
			rc = err_sys(err, -rc, "cannot read folder '%s'", path);
	}
	free(path);
	s->folder = NULL;
	return rc;
}

/* The file is the truth, and main follows. */
static int check_main(struct shared *s, struct err *err)
{
	static const char text[] = "'%s/config.yaml' is not as branch main has it; a repair, and "
				   "the next driver, commit it";
	struct fsck *f = s->f;
	struct err why = ERR_INIT;
	json_t *answer = NULL, *request = json_pack("{s:s}", "do", "settings");
	int rc = request ? committer_ask(f->committer, request, &answer, &why) : err_nomem(&why);
	bool same = rc < 0 || json_is_true(json_object_get(answer, "same"));

	json_decref(answer);
	answer = NULL;
	if (!same) {
		problem_add(&s->before, false, FIX_COMMIT, NULL, text, f->state->path);
		if (f->repair && json_object_set_new(request, "commit", json_true()) == 0)
			rc = committer_ask(f->committer, request, &answer, &why);
		if (!json_is_true(json_object_get(answer, "same")))
			problem_add(&s->after, false, FIX_COMMIT, NULL, text, f->state->path);
	}
	json_decref(answer);
	json_decref(request);
	if (rc < 0 && why.code == ERR_NOMEM)
		return err_nomem(err);
	if (rc < 0) {
		problem_add_err(&s->before, FIX_NONE, NULL, &why);
		problem_add_err(&s->after, FIX_NONE, NULL, &why);
	}
	return 0;
}

static void check_settings(struct shared *s)
{
	struct err why = ERR_INIT;
	struct config config;
	char *path = state_path(s->f->state, "config.yaml", NULL);

	if (!path)
		s->before.failed = true;
	else if (config_read(&config, s->f->state->os, path, &why) == 0)
		config_release(&config);
	else {
		problem_add_err(&s->before, FIX_NONE, NULL, &why);
		problem_add_err(&s->after, FIX_NONE, NULL, &why);
	}
	free(path);
}

int fsck_shared(struct fsck *f, struct err *err)
{
	static const char *const folders[] = {"",      "open",  "closed", "modules",
					      "cache", "index", "locks",  "limits"};
	struct shared s = {.f = f, .err = err};
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof folders / sizeof folders[0]; i++)
		rc = check_folder(&s, folders[i], err);
	check_settings(&s);
	if (rc == 0 && f->committer)
		rc = check_main(&s, err);
	if (rc == 0)
		rc = fsck_index(f, err);
	if (rc == 0 && (s.before.failed || s.after.failed))
		rc = err_nomem(err);
	if (rc == 0)
		problems_report(f, "", &s.before, &s.after);
	problems_release(&s.before);
	problems_release(&s.after);
	return rc;
}
