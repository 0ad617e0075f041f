/* SPDX-License-Identifier: MIT */
#include "git_settings.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_commit.h"
#include "git_refs.h"
#include "git_repo.h"
#include "git_stage.h"
#include "git_tree.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAIN "refs/heads/main"
#define NAME "config.yaml"
#define FILE_LIMIT (1024 * 1024)

struct settings {
	struct repo *repo;
	char *path;      /* owned */
	struct buf text; /* of the file */
	bool there;      /* the file is */
	struct stat st;  /* of the file; when it is gone, of its folder */
	git_oid blob;    /* of the file */
	git_oid tip, tree_id;
	bool has_tip;
	struct tree *tree; /* owned: of main */
	bool on_main;      /* main has a file of that name */
	git_oid main_blob;
};

static int read_file(struct settings *s, struct err *err)
{
	int rc = os_read_file(s->repo->os, s->path, FILE_LIMIT, &s->text, err);

	s->there = rc == 0;
	if (rc == -ERR_NOT_FOUND) {
		err_clear(err);
		rc = 0;
	}
	if (rc == 0 && stat(s->there ? s->path : s->repo->state, &s->st) < 0)
		rc = err_set(err, ERR_SYSTEM, "cannot stat '%s'", s->path);
	if (rc == 0 && s->there &&
	    git_odb_hash(&s->blob, s->text.data ? s->text.data : "", s->text.len, GIT_OBJECT_BLOB) <
		    0)
		rc = repo_error(err, GIT_ERROR, "cannot hash '%s'", s->path);
	return rc;
}

static int read_main(struct settings *s, struct err *err)
{
	const struct tree_leaf *leaf;
	int rc = refs_read(s->repo, MAIN, &s->tip, err);

	s->has_tip = rc == 1;
	if (rc == 1 && (rc = repo_commit_tree(s->repo, &s->tip, &s->tree_id, err)) == 0)
		rc = tree_load(&s->tree, s->repo, &s->tree_id, err);
	else if (rc == 0 && !(s->tree = tree_new()))
		rc = err_nomem(err);
	leaf = rc == 0 ? tree_find(s->tree, NAME, false) : NULL;
	s->on_main = leaf != NULL;
	if (leaf)
		s->main_blob = leaf->id;
	return rc;
}

static bool is_same(const struct settings *s)
{
	return s->there == s->on_main && (!s->there || git_oid_equal(&s->blob, &s->main_blob));
}

/* As git names somebody who has told it nothing. New. */
static char *owner_of(const struct stat *st)
{
	const struct passwd *user = getpwuid(st->st_uid);
	char host[256] = "localhost", uid[32];
	const char *login = user ? user->pw_name : uid;

	snprintf(uid, sizeof uid, "uid-%lu", (unsigned long)st->st_uid);
	gethostname(host, sizeof host - 1);
	return strpbrk(login, "<>\n") || strpbrk(host, "<>\n")
		       ? NULL
		       : str_format("%s <%s@%s>", login, login, host);
}

static int add_commit(struct settings *s, struct batch *batch, git_oid *ret, struct err *err)
{
	struct os *os = s->repo->os;
	char *owner = owner_of(&s->st);
	struct signature author = {owner ? owner : s->repo->author,
				   (int64_t)s->st.st_mtim.tv_sec * 1000};
	struct signature committer = {s->repo->author, os->ops->now(os)};
	const char *message = !s->there    ? NAME ": removed\n"
			      : s->on_main ? NAME ": changed\n"
					   : NAME ": set\n";
	int rc = 0;

	if (!s->there)
		tree_remove(s->tree, NAME, false);
	else if ((rc = batch_add(batch, GIT_OBJECT_BLOB, s->text.data ? s->text.data : "",
				 s->text.len, &s->blob, err)) == 0)
		rc = tree_put(s->tree, NAME, &s->blob, NULL, err);
	if (rc == 0)
		rc = tree_write(s->tree, batch, &s->tree_id, err);
	if (rc == 0 && git_oid_is_zero(&s->tree_id))
		rc = batch_add(batch, GIT_OBJECT_TREE, "", 0, &s->tree_id, err);
	if (rc == 0)
		rc = commit_add_by(batch, &s->tree_id, &s->tip, s->has_tip, &author, &committer,
				   message, ret, err);
	free(owner);
	return rc;
}

/* 1; 0 when somebody else moved main. */
static int commit(struct settings *s, struct err *err)
{
	struct batch batch;
	git_oid next;
	int rc;

	batch_init(&batch, s->repo->os, s->repo->path);
	rc = add_commit(s, &batch, &next, err);
	if (rc == 0)
		rc = batch_write(&batch, NULL, err);
	if (rc == 0)
		rc = refs_move(s->repo, MAIN, s->has_tip ? &s->tip : NULL, &next, err);
	batch_release(&batch);
	return rc;
}

int git_settings(struct repo *repo, bool commit_it, bool *ret_same, struct err *err)
{
	struct settings s = {.repo = repo, .path = str_format("%s/" NAME, repo->state)};
	bool same = false;
	int rc = s.path ? read_file(&s, err) : err_nomem(err);

	if (rc == 0)
		rc = read_main(&s, err);
	if (rc == 0)
		same = is_same(&s);
	if (rc == 0 && !same && commit_it) {
		rc = commit(&s, err);
		same = rc == 1;
	}
	if (rc >= 0 && same && commit_it && (s.there || s.on_main))
		stage_file(repo, NAME, s.there ? &s.blob : NULL, &s.st);
	if (rc >= 0)
		*ret_same = same;
	tree_free(s.tree);
	buf_release(&s.text);
	free(s.path);
	return rc < 0 ? rc : 0;
}
