/* SPDX-License-Identifier: MIT */
/*
 * The repository in a state directory, <state>/.git: made when it is missing,
 * opened, read. Objects are written by git_batch.h, refs by git_refs.h.
 *
 * It is an ordinary repository whose folder is the state directory. A crash
 * while it is made leaves only a folder .git-new-*, which the next maintenance
 * removes; two who make it at once end up with one.
 */
#ifndef WF_STORE_GIT_REPO_H
#define WF_STORE_GIT_REPO_H

#include <git2.h>

struct err;
struct os;

struct repo {
	struct os *os;
	char *state;  /* owned: the state directory */
	char *path;   /* owned: <state>/.git */
	char *packs;  /* owned: <state>/.git/objects/pack */
	char *author; /* owned: "name <mail>" */
	git_repository *git;
	git_odb *odb;
};

/* author: "name <mail>". */
int repo_open(struct repo *ret, struct os *os, const char *state, const char *author,
	      struct err *err);
void repo_release(struct repo *repo);
/* A repository that git made gets the folders that wf needs in it. path: of the repository. */
int repo_complete(struct os *os, const char *path, struct err *err);
/* Make <state>/.git with its first commit unless it is there. */
int repo_make(struct os *os, const char *state, const char *author, struct err *err);

/* Borrow libgit2's last complaint: "context: complaint". A missing object is ERR_DAMAGED. */
int repo_error(struct err *err, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* An object of that type; free with git_odb_object_free. */
int repo_read(struct repo *repo, const git_oid *id, git_object_t type, git_odb_object **ret,
	      struct err *err);
/* The tree of a commit. */
int repo_commit_tree(struct repo *repo, const git_oid *commit, git_oid *ret, struct err *err);

#endif
