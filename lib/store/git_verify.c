/* SPDX-License-Identifier: MIT */
#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "git_folder.h"
#include "git_repo.h"
#include "git_restore.h"
#include "git_tree.h"
#include "git_walk.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_LIMIT = 1 << 30 };

struct verify {
	struct repo *repo;
	char *folder;    /* owned; whole path */
	json_t *differs; /* borrowed */
};

static int say(struct verify *v, const char *file, const char *how, struct err *err)
{
	return json_array_append_new(v->differs,
				     json_pack("{s:s, s:s}", "file", file, "how", how)) < 0
		       ? err_nomem(err)
		       : 0;
}

/* Filling is no content. */
static size_t without_filling(const char *data, size_t n)
{
	while (n > 0 && data[n - 1] == '\n')
		n--;
	return n;
}

static const char *compare(const char *branch, size_t branch_size, const char *file,
			   size_t file_size)
{
	size_t a = without_filling(branch, branch_size), b = without_filling(file, file_size);
	size_t both = a < b ? a : b;

	if (both && memcmp(branch, file, both) != 0)
		return "differs";
	return a < b ? "behind" : a > b ? "ahead" : NULL;
}

static int verify_file(void *arg, const char *name, const git_oid *id, struct err *err)
{
	struct verify *v = arg;
	struct buf file = BUF_INIT;
	git_odb_object *blob = NULL;
	const char *how = NULL;
	char *path;
	int rc;

	if (str_starts(name, "logs/") || str_starts(name, "attempts/") ||
	    strcmp(name, "module.so") == 0)
		return 0; /* copies, and what changes without a commit */
	path = str_format("%s/%s", v->folder, name);
	if (!path)
		return err_nomem(err);
	rc = os_read_file(v->repo->os, path, FILE_LIMIT, &file, err);
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		how = strcmp(name, "halted.json") == 0 ? "behind" : "missing";
		rc = 0;
	} else if (!rc && (rc = repo_read(v->repo, id, GIT_OBJECT_BLOB, &blob, err)) == 0) {
		how = compare(git_odb_object_data(blob), git_odb_object_size(blob),
			      file.data ? file.data : "", file.len);
	}
	if (!rc && how)
		rc = say(v, name, how, err);
	git_odb_object_free(blob);
	buf_release(&file);
	free(path);
	return rc;
}

struct listing {
	struct verify *v;
	const char *folder; /* within the run's, with its slash */
	struct tree *tree;
	struct err *err;
};

static int each_entry(void *arg, const char *name, enum os_kind kind)
{
	struct listing *l = arg;
	char *path;
	int rc;

	if (name[0] == '.' || kind != OS_FILE || (l->tree && tree_find(l->tree, name, false)))
		return 0;
	path = str_format("%s%s", l->folder, name);
	rc = path ? say(l->v, path, "uncommitted", l->err) : err_nomem(l->err);
	free(path);
	return rc;
}

/* Files of one folder that the branch does not have. */
static int find_uncommitted(struct verify *v, struct tree *root, const char *name, struct err *err)
{
	char *path = str_format("%s/%s", v->folder, name), *prefix = str_format("%s/", name);
	struct listing l = {v, prefix, NULL, err};
	int rc = path && prefix ? 0 : err_nomem(err);

	if (!rc && root)
		rc = tree_folder(root, v->repo, name, false, &l.tree, err);
	if (!rc)
		v->repo->os->ops->list(v->repo->os, path, each_entry, &l);
	free(path);
	free(prefix);
	return err->code ? -err->code : rc;
}

static int find_all_uncommitted(struct verify *v, const git_oid *tree, struct err *err)
{
	static const char *const single[] = {"run.json", "result.json"};
	struct tree *root = NULL;
	int rc = tree ? tree_load(&root, v->repo, tree, err) : 0;

	for (size_t i = 0; i < sizeof single / sizeof *single && !rc; i++) {
		char *path = str_format("%s/%s", v->folder, single[i]);

		if (!path)
			rc = err_nomem(err);
		else if (os_exists(v->repo->os, path) &&
			 !(root && tree_find(root, single[i], false)))
			rc = say(v, single[i], "uncommitted", err);
		free(path);
	}
	if (!rc)
		rc = find_uncommitted(v, root, "history", err);
	if (!rc)
		rc = find_uncommitted(v, root, "payloads", err);
	tree_free(root);
	return rc;
}

int git_verify(struct repo *repo, const char *id, json_t **ret, struct err *err)
{
	struct verify v = {.repo = repo, .differs = json_array()};
	char hex[GIT_OID_HEXSZ + 1] = "", *shown = NULL;
	const char *where = NULL;
	git_oid tip, tree;
	int has_branch = git_find_run(repo, id, &tip, err), there,
	    rc = has_branch < 0 ? has_branch : 0;

	if (has_branch == 1 && (rc = repo_commit_tree(repo, &tip, &tree, err)) == 0)
		git_oid_tostr(hex, sizeof hex, &tip);
	there = rc ? rc : folder_of_run(repo, id, has_branch ? &tree : NULL, &where, err);
	if (there >= 0) {
		v.folder = str_format("%s/%s/%s", repo->state, where, id);
		shown = str_format("%s/%s", where, id);
		rc = v.folder && shown && v.differs ? 0 : err_nomem(err);
		if (!rc && has_branch)
			rc = git_walk(repo, &tree, verify_file, &v, err);
		if (!rc && there)
			rc = find_all_uncommitted(&v, has_branch ? &tree : NULL, err);
	}
	if (!err->code) {
		*ret = json_pack("{s:s?, s:s?, s:O}", "folder", there ? shown : NULL, "commit",
				 has_branch ? hex : NULL, "differs", v.differs);
		if (!*ret)
			err_nomem(err);
	}
	json_decref(v.differs);
	free(v.folder);
	free(shown);
	return -err->code;
}
