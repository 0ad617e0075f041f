/* SPDX-License-Identifier: MIT */
#include "git_restore.h"

#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "git_folder.h"
#include "git_repo.h"
#include "git_walk.h"
#include "run.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct restore {
	struct repo *repo;
	git_oid tree;
	char *folder;        /* owned: whole path */
	const json_t *files; /* borrowed */
	bool only;           /* just those */
	json_t *restored;    /* borrowed */
};

/* Names on a branch come from wherever it was pushed from: they must stay within the folder. */
static bool is_tame(const char *path)
{
	for (const char *part = path; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (*part == '\0' || *part == '/' || *part == '.')
			return false;
	}
	return true;
}

static bool is_one_name(const char *name)
{
	return *name && !strchr(name, '/') && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int make_parents(struct os *os, const char *folder, const char *file, struct err *err)
{
	char *path = str_format("%s/%s", folder, file);
	int rc = path ? 0 : err_nomem(err);

	for (char *slash = path ? path + strlen(folder) : NULL; slash && !rc;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		rc = os_make_dir(os, path, 0700, NULL, err);
		*slash = '/';
	}
	free(path);
	return rc;
}

static bool is_asked_for(const json_t *files, const char *path)
{
	const json_t *file;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)files, i, file)
		if (json_is_string(file) && strcmp(json_string_value(file), path) == 0)
			return true;
	return false;
}

/* 1 or 0. Promise 1: what cannot be looked at may be there, and is more than the branch has:
 * negative. */
static int is_wanted(const struct restore *r, const char *path, const char *name, struct err *err)
{
	int rc;

	if (is_asked_for(r->files, name))
		return 1;
	if (r->only)
		return 0;
	rc = os_look(r->repo->os, path, err);
	return rc < 0 ? rc : !rc;
}

static int write_blob(struct repo *repo, const char *path, const git_oid *id, struct err *err)
{
	git_odb_object *blob;
	int rc = repo_read(repo, id, GIT_OBJECT_BLOB, &blob, err);

	if (!rc) {
		rc = os_replace(repo->os, path, git_odb_object_data(blob),
				git_odb_object_size(blob), 0600, err);
		git_odb_object_free(blob);
	}
	return rc;
}

/* module.so goes where its content says. */
static int restore_module(struct restore *r, const git_oid *id, struct err *err)
{
	git_odb_object *blob;
	char sha256[HASH_HEX], *path = NULL, *name = NULL;
	int rc = repo_read(r->repo, id, GIT_OBJECT_BLOB, &blob, err);

	if (rc < 0)
		return rc;
	hash_sha256(git_odb_object_data(blob), git_odb_object_size(blob), sha256);
	name = str_format("modules/%s.so", sha256);
	path = name ? str_format("%s/%s", r->repo->state, name) : NULL;
	rc = path ? is_wanted(r, path, "module.so", err) : err_nomem(err);
	if (rc > 0) {
		rc = make_parents(r->repo->os, r->repo->state, name, err);
		if (!rc)
			rc = os_replace(r->repo->os, path, git_odb_object_data(blob),
					git_odb_object_size(blob), 0500, err);
		if (!rc)
			json_array_append_new(r->restored, json_string(name));
	}
	git_odb_object_free(blob);
	free(name);
	free(path);
	return rc;
}

static int restore_file(void *arg, const char *name, const git_oid *id, struct err *err)
{
	struct restore *r = arg;
	char *path;
	int rc = 0;

	if (!is_tame(name))
		return 0;
	if (strcmp(name, "module.so") == 0)
		return restore_module(r, id, err);
	path = str_format("%s/%s", r->folder, name);
	if (!path)
		return err_nomem(err);
	rc = is_wanted(r, path, name, err);
	if (rc > 0) {
		rc = make_parents(r->repo->os, r->folder, name, err);
		if (!rc)
			rc = write_blob(r->repo, path, id, err);
		if (!rc)
			json_array_append_new(r->restored, json_string(name));
	}
	free(path);
	return rc;
}

static int fill(void *arg, const char *folder, struct err *err)
{
	struct restore *r = arg;

	r->folder = strdup(folder);
	return r->folder ? git_walk(r->repo, &r->tree, restore_file, r, err) : err_nomem(err);
}

/* Files that are missing, among those that are there. */
static int add_missing(struct restore *r, const char *where, const char *id, const char *into,
		       struct err *err)
{
	char *folder = str_format("%s/%s/%s%s%s", r->repo->state, where, id, into ? "/" : "",
				  into ? into : "");
	int rc = folder ? fill(r, folder, err) : err_nomem(err);

	free(folder);
	return rc;
}

/* Whole or not at all: a driver that found but a part of its history would go on from there. */
static int put_back(struct restore *r, const char *where, const char *id, struct err *err)
{
	struct state state = {.os = r->repo->os, .path = r->repo->state};
	struct err why = ERR_INIT;
	int rc = run_bring_back(&state, id, strcmp(where, "closed") == 0, fill, r, &why);

	if (rc == -ERR_EXISTS) /* another was quicker */
		return 0;
	return rc < 0 ? err_set(err, why.code, "%s", why.text) : 0;
}

int git_restore(struct repo *repo, const char *id, const json_t *request, json_t **ret,
		struct err *err)
{
	struct restore r = {
		.repo = repo, .files = json_object_get(request, "files"), .restored = json_array()};
	char hex[GIT_OID_HEXSZ + 1];
	const char *where, *into = json_string_value(json_object_get(request, "into"));
	git_oid tip;
	int rc = into && !is_one_name(into) ? err_set(err, ERR_USAGE, "no folder '%s'", into)
					    : git_find_run(repo, id, &tip, err);

	r.only = into || json_is_true(json_object_get(request, "only"));
	if (rc == 0)
		rc = err_set(err, ERR_NOT_FOUND, "no branch has the run %s", id);
	else if (rc == 1 && (rc = repo_commit_tree(repo, &tip, &r.tree, err)) == 0)
		rc = folder_of_run(repo, id, &r.tree, &where, err);
	if (rc >= 0 && !r.restored)
		rc = err_nomem(err);
	if (rc == 0 && !r.only)
		rc = put_back(&r, where, id, err);
	else if (rc >= 0)
		rc = add_missing(&r, where, id, into, err);
	if (!rc) {
		git_oid_tostr(hex, sizeof hex, &tip);
		*ret = json_pack("{s:s++, s:s, s:O}", "folder", where, "/", id, "commit", hex,
				 "restored", r.restored);
		rc = *ret ? 0 : err_nomem(err);
	}
	json_decref(r.restored);
	free(r.folder);
	return rc;
}
