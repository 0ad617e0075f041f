/* SPDX-License-Identifier: MIT */
#include "git_repo.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"

#include <errno.h>
#include <git2/sys/repository.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_CACHE ((ssize_t)4 << 20)

int repo_error(struct err *err, int code, const char *format, ...)
{
	const git_error *why = git_error_last();
	char text[300];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	return err_set(err, code == GIT_ENOTFOUND ? ERR_DAMAGED : ERR_SYSTEM, "%s: %s", text,
		       why && why->message ? why->message : "unknown failure");
}

/* Nothing is looked for outside the repository, and nothing is trusted less for being ours. */
static int set_up(struct err *err)
{
	static const git_config_level_t levels[] = {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG,
						    GIT_CONFIG_LEVEL_GLOBAL,
						    GIT_CONFIG_LEVEL_PROGRAMDATA};
	int rc = git_libgit2_init();

	for (size_t i = 0; rc >= 0 && i < sizeof levels / sizeof *levels; i++)
		rc = git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_ENABLE_STRICT_OBJECT_CREATION, 0);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, OBJECT_CACHE);
	if (rc >= 0)
		rc = git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	return rc < 0 ? repo_error(err, rc, "cannot set up libgit2") : 0;
}

struct refs_look {
	struct os *os;
	const char *folder;
	struct err *err;
};

/* libgit2 would follow a link, and wait for a pipe. */
static int check_refs(void *arg, const char *name, enum os_kind kind)
{
	struct refs_look *look = arg;
	char *path = str_format("%s/%s", look->folder, name);
	struct refs_look within = {look->os, path, look->err};
	int rc = path ? 0 : err_nomem(look->err);

	if (rc == 0 && kind == OS_DIRECTORY)
		rc = look->os->ops->list(look->os, path, check_refs, &within);
	else if (rc == 0 && kind != OS_FILE)
		rc = err_set(look->err, ERR_DAMAGED, "'%s' is not a regular file; move it away",
			     path);
	free(path);
	return rc == -ENOENT ? 0 : rc;
}

int repo_open(struct repo *ret, struct os *os, const char *state, const char *author,
	      struct err *err)
{
	struct repo r = {.os = os};
	struct refs_look look = {.os = os, .err = err};
	int rc;

	if (set_up(err) < 0)
		return -err->code;
	r.state = strdup(state);
	r.path = str_format("%s/.git", state);
	r.packs = str_format("%s/.git/objects/pack", state);
	r.author = strdup(author);
	if (!r.state || !r.path || !r.packs || !r.author) {
		err_nomem(err);
		goto out;
	}
	if (!os_exists(os, r.path) && repo_make(os, state, r.author, err) < 0)
		goto out;
	if (repo_complete(os, r.path, err) < 0)
		goto out;
	look.folder = r.path;
	rc = check_refs(&look, "refs", OS_DIRECTORY);
	if (rc < 0) {
		err_sys(err, -rc, "cannot read '%s/refs'", r.path);
		goto out;
	}
	rc = git_repository_open_bare(&r.git, r.path);
	if (rc < 0) {
		repo_error(err, GIT_ERROR, "cannot open the repository '%s'", r.path);
		goto out;
	}
	rc = git_repository_odb(&r.odb, r.git);
	if (rc < 0) {
		repo_error(err, GIT_ERROR, "cannot open the objects of '%s'", r.path);
		goto out;
	}
	*ret = r;
	return 0;
out:
	repo_release(&r);
	return -err->code;
}

void repo_release(struct repo *repo)
{
	git_odb_free(repo->odb);
	git_repository_free(repo->git);
	free(repo->state);
	free(repo->path);
	free(repo->packs);
	free(repo->author);
	*repo = (struct repo){.os = repo->os};
	git_libgit2_shutdown();
}

int repo_read(struct repo *repo, const git_oid *id, git_object_t type, git_odb_object **ret,
	      struct err *err)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_odb_object *object;
	int rc = git_odb_read(&object, repo->odb, id);

	git_oid_tostr(hex, sizeof hex, id);
	if (rc < 0)
		return repo_error(err, rc, "cannot read object %s", hex);
	if (git_odb_object_type(object) != type) {
		git_odb_object_free(object);
		return err_set(err, ERR_DAMAGED, "object %s is not a %s", hex,
			       git_object_type2string(type));
	}
	*ret = object;
	return 0;
}

int repo_commit_tree(struct repo *repo, const git_oid *commit, git_oid *ret, struct err *err)
{
	git_odb_object *object;
	const char *data;
	int rc;

	if (repo_read(repo, commit, GIT_OBJECT_COMMIT, &object, err) < 0)
		return -err->code;
	data = git_odb_object_data(object);
	rc = git_odb_object_size(object) > 46 && str_starts(data, "tree ")
		     ? git_oid_fromstrn(ret, data + 5, 40)
		     : -1;
	git_odb_object_free(object);
	return rc < 0 ? err_set(err, ERR_DAMAGED, "a commit without a tree") : 0;
}
