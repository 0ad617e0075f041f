/* SPDX-License-Identifier: MIT */
/* Opening the state directory, and making it. */
#include "state.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"

#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"open", "closed", "modules"};
#define FOLDERS (sizeof folders / sizeof folders[0])

char *state_path(const struct state *state, const char *a, const char *b)
{
	return b ? str_format("%s/%s/%s", state->path, a, b) : str_format("%s/%s", state->path, a);
}

void state_release(struct state *state)
{
	if (!state)
		return;
	free(state->path);
	state->path = NULL;
}

static int wrong_owner(const char *path, uid_t uid, struct err *err)
{
	struct passwd entry, *found = NULL;
	char names[1024];

	if (getpwuid_r(uid, &entry, names, sizeof names, &found) == 0 && found)
		return err_set(err, ERR_SYSTEM,
			       "state directory '%s' belongs to user '%s', not to you; "
			       "become that user, or name another by --state",
			       path, found->pw_name);
	return err_set(err, ERR_SYSTEM,
		       "state directory '%s' belongs to user %u, not to you; "
		       "become that user, or name another by --state",
		       path, (unsigned)uid);
}

static int check_trust(const char *path, const struct os_stat *st, struct err *err)
{
	if (st->kind == OS_LINK)
		return err_set(err, ERR_SYSTEM,
			       "state directory '%s' is a symbolic link; name its target", path);
	if (st->kind != OS_DIRECTORY)
		return err_set(err, ERR_SYSTEM,
			       "state directory '%s' is not a folder; "
			       "move it away, or name another by --state",
			       path);
	if (st->uid != geteuid())
		return wrong_owner(path, st->uid, err);
	if (st->mode & (S_IWGRP | S_IWOTH))
		return err_set(
			err, ERR_SYSTEM,
			"state directory '%s' is writable by others (mode %04o); run 'chmod go-w %s'",
			path, (unsigned)st->mode & 07777u, path);
	return 0;
}

/* The number in <state>/format; 0 when there is no such file. */
static int read_format(const struct state *state, unsigned long *ret, struct err *err)
{
	char *path = state_path(state, "format", NULL), *end;
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	int rc;

	if (!path)
		return err_nomem(err);
	*ret = 0;
	rc = os_read_file(state->os, path, 64, &text, &why);
	if (rc == -ERR_NOT_FOUND)
		rc = 0;
	else if (rc < 0)
		rc = err_set(err, why.code, "%s", why.text);
	else {
		*ret = text.len && text.data[0] >= '1' && text.data[0] <= '9'
			       ? strtoul(text.data, &end, 10)
			       : 0;
		if (*ret == 0 || strcmp(end, "\n") != 0)
			rc = err_set(err, ERR_DAMAGED, "'%s' does not hold the number of a format",
				     path);
	}
	buf_release(&text);
	free(path);
	return rc;
}

static int is_foreign(void *arg, const char *name, enum os_kind kind)
{
	static const char *const ours[] = {".git", "config.yaml", "format"};

	(void)arg;
	(void)kind;
	for (size_t i = 0; i < FOLDERS; i++)
		if (strcmp(name, folders[i]) == 0)
			return 0;
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (strcmp(name, ours[i]) == 0)
			return 0;
	return !str_starts(name, ".tmp-");
}

/* Without a format file it is one that was never finished, or something else that shall not be
 * littered; or one that somebody else has finished, and uses, since *format was read. */
static int check_ours(const struct state *state, unsigned long *format, struct err *err)
{
	int rc = state->os->ops->list(state->os, state->path, is_foreign, NULL);

	if (rc < 0)
		return err_sys(err, -rc, "cannot read state directory '%s'", state->path);
	if (rc > 0 && read_format(state, format, err) < 0)
		return -err->code;
	if (rc > 0 && *format == 0)
		return err_set(err, ERR_DAMAGED,
			       "'%s' is no state directory (it holds other things)", state->path);
	return 0;
}

static int make_folders(const struct state *state, bool *ret_made, struct err *err)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		char *path = state_path(state, folders[i], NULL);
		bool made = false;
		int rc = path ? os_make_dir(state->os, path, 0700, &made, err) : err_nomem(err);

		free(path);
		if (rc < 0)
			return rc;
		*ret_made |= made;
	}
	return 0;
}

static int sync_parent(const struct state *state, struct err *err)
{
	const char *slash = strrchr(state->path, '/');
	char *parent = strndup(state->path,
			       slash == state->path ? 1 : (size_t)(slash - state->path));
	int rc;

	if (!parent)
		return err_nomem(err);
	rc = state->os->ops->sync_dir(state->os, parent);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot sync '%s'", parent);
	free(parent);
	return rc;
}

/* The format file is written last, when all that comes before it is durable: while it is missing,
 * that is done over. */
static int complete(const struct state *state, unsigned long format, struct err *err)
{
	bool made = false;
	char *path;
	int rc = make_folders(state, &made, err);

	if (rc < 0 || (format && !made))
		return rc;
	rc = state->os->ops->sync_dir(state->os, state->path);
	if (rc < 0)
		return err_sys(err, -rc, "cannot sync '%s'", state->path);
	if (format)
		return 0;
	rc = sync_parent(state, err);
	path = rc == 0 ? state_path(state, "format", NULL) : NULL;
	if (rc == 0)
		rc = path ? os_replace(state->os, path, "1\n", 2, 0600, err) : err_nomem(err);
	free(path);
	return rc;
}

/* What wf, libgit2 and git reach through: behind a link it would be written to elsewhere, and a
 * pipe would be waited for. What is missing is made, or missed, where it is needed. */
static const struct {
	const char *name;
	enum os_kind kind;
} places[] = {
	{"open", OS_DIRECTORY},
	{"closed", OS_DIRECTORY},
	{"modules", OS_DIRECTORY},
	{"index", OS_DIRECTORY},
	{"locks", OS_DIRECTORY},
	{"limits", OS_DIRECTORY},
	{"cache", OS_DIRECTORY},
	{".git", OS_DIRECTORY},
	{".git/objects", OS_DIRECTORY},
	{".git/objects/pack", OS_DIRECTORY},
	{".git/refs", OS_DIRECTORY},
	{".git/refs/heads", OS_DIRECTORY},
	{".git/refs/heads/run", OS_DIRECTORY},
	{".git/info", OS_DIRECTORY},
	{".git/wf", OS_DIRECTORY},
	{".git/HEAD", OS_FILE},
	{".git/config", OS_FILE},
	{".git/packed-refs", OS_FILE},
	{".git/commondir", OS_FILE},
	{".git/info/exclude", OS_FILE},
	{".git/objects/info/alternates", OS_FILE},
};

static int check_place(const struct state *state, const char *name, enum os_kind kind,
		       struct err *err)
{
	char *path = state_path(state, name, NULL);
	struct os_stat st;
	int rc = path ? state->os->ops->lstat(state->os, path, &st) : -ENOMEM;

	if (rc == -ENOENT || rc == -ENOTDIR)
		rc = 0;
	else if (rc < 0)
		rc = err_sys(err, -rc, "cannot stat '%s/%s'", state->path, name);
	else if (st.kind != kind)
		rc = err_set(err, ERR_DAMAGED, "'%s' is not a %s; move it away", path,
			     kind == OS_FILE ? "regular file" : "folder");
	free(path);
	return rc;
}

static int check_places(const struct state *state, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < sizeof places / sizeof places[0]; i++)
		rc = check_place(state, places[i].name, places[i].kind, err);
	return rc;
}

/* A repository alone: branches were fetched from another machine, to go on here. */
static bool has_repository(const struct state *state)
{
	char *path = state_path(state, ".git", NULL);
	bool has = path && os_exists(state->os, path);

	free(path);
	return has;
}

static int look(const struct state *state, bool create, struct err *err)
{
	struct os_stat st;
	unsigned long format = 0;
	int rc = state->os->ops->lstat(state->os, state->path, &st);

	if (rc == -ENOENT && !create)
		return err_set(err, ERR_NOT_FOUND, "there is no state directory '%s'", state->path);
	if (rc == -ENOENT) {
		rc = os_make_dir(state->os, state->path, 0700, NULL, err);
		return rc < 0 ? rc : complete(state, 0, err);
	}
	if (rc < 0)
		return err_sys(err, -rc, "cannot stat state directory '%s'", state->path);
	rc = check_trust(state->path, &st, err);
	if (rc == 0)
		rc = read_format(state, &format, err);
	if (rc == 0 && format > STATE_FORMAT)
		rc = err_set(err, ERR_NEWER,
			     "state directory '%s' was made by a newer wf "
			     "(format %lu, this wf knows %d); use that one, or name another "
			     "directory by --state",
			     state->path, format, STATE_FORMAT);
	if (rc == 0)
		rc = check_places(state, err);
	if (rc == 0 && format == 0)
		rc = check_ours(state, &format, err);
	if (rc == 0 && format == 0)
		create = create || has_repository(state);
	if (rc == 0 && format == 0 && !create)
		rc = err_set(err, ERR_NOT_FOUND, "'%s' is no state directory yet", state->path);
	return rc == 0 && create ? complete(state, format, err) : rc;
}

static char *absolute(const char *path)
{
	char *cwd, *whole;
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (path[0] == '/')
		return strndup(path, n);
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return NULL;
	whole = str_format("%s/%.*s", strcmp(cwd, "/") == 0 ? "" : cwd, (int)n, path);
	free(cwd);
	return whole;
}

int state_open(struct state *ret, struct os *os, const char *path, bool create, struct err *err)
{
	struct state state = {.os = os};
	int rc;

	if (!path[0])
		return err_set(err, ERR_USAGE, "the name of the state directory is empty");
	state.path = absolute(path);
	if (!state.path)
		return err_sys(err, errno, "cannot tell the working folder");
	rc = look(&state, create, err);
	if (rc < 0) {
		state_release(&state);
		return rc;
	}
	*ret = state;
	return 0;
}

/* The nearest .wf from folder upwards, folder being cut on the way. New, or NULL. */
static char *search_upwards(char *folder)
{
	for (;;) {
		char *candidate = str_format("%s/.wf", strcmp(folder, "/") == 0 ? "" : folder);
		struct stat st;
		char *slash;

		if (!candidate || lstat(candidate, &st) == 0)
			return candidate;
		free(candidate);
		slash = strrchr(folder, '/');
		if (!slash || strcmp(folder, "/") == 0)
			return NULL;
		slash[slash == folder ? 1 : 0] = '\0';
	}
}

char *state_find(const char *explicit_path, struct err *err)
{
	const char *from_environment = getenv("WF_STATE");
	char *cwd, *found;

	if (!explicit_path && from_environment && from_environment[0])
		explicit_path = from_environment;
	if (explicit_path && !explicit_path[0]) {
		err_set(err, ERR_USAGE, "the state directory has no name; give --state a folder");
		return NULL;
	}
	if (explicit_path) {
		found = absolute(explicit_path);
		if (!found)
			err_sys(err, errno, "cannot tell the working folder");
		return found;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd) {
		err_sys(err, errno, "cannot tell the working folder");
		return NULL;
	}
	found = search_upwards(cwd);
	free(cwd);
	if (!found)
		found = absolute(".wf");
	if (!found)
		err_nomem(err);
	return found;
}
