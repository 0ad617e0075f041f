/* SPDX-License-Identifier: MIT */
/* Making the repository: a folder beside it, filled and synced, that then gets its name. */
#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "git_batch.h"
#include "git_commit.h"
#include "git_repo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const folders[] = {"",     "objects", "objects/pack", "refs", "refs/heads",
				      "info", "wf"};

static const struct {
	const char *name, *text;
} files[] = {
	{"HEAD", "ref: refs/heads/main\n"},
	/* wf packs by itself; a reflog would keep what a fold lets go of */
	{"config", "[core]\n"
		   "\trepositoryformatversion = 0\n"
		   "\tfilemode = true\n"
		   "\tbare = false\n"
		   "\tlogallrefupdates = false\n"
		   "[gc]\n"
		   "\tauto = 0\n"},
	/* the files of runs are on their branches, not on main */
	{"info/exclude", "/*\n!/config.yaml\n"},
};

static int put(struct os *os, const char *folder, const char *name, const char *text,
	       struct err *err)
{
	char *path = str_format("%s/%s", folder, name);
	int fd, rc;

	if (!path)
		return err_nomem(err);
	rc = fd = os->ops->open(os, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd >= 0) {
		rc = (int)os->ops->pwrite(os, fd, text, strlen(text), 0);
		if (rc >= 0)
			rc = os->ops->datasync(os, fd);
		os->ops->close(os, fd);
	}
	if (rc < 0)
		err_sys(err, -rc, "cannot write '%s'", path);
	free(path);
	return rc < 0 ? -err->code : 0;
}

static int make_folders(struct os *os, const char *folder, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof folders / sizeof *folders && !rc; i++) {
		char *path = str_format("%s/%s", folder, folders[i]);

		rc = path ? os_make_dir(os, path, 0700, NULL, err) : err_nomem(err);
		free(path);
	}
	return rc;
}

int repo_complete(struct os *os, const char *path, struct err *err)
{
	char *own = str_format("%s/wf", path);
	bool there = own && os_exists(os, own);

	free(own);
	return there ? 0 : make_folders(os, path, err);
}

static int first_commit(struct os *os, const char *folder, const char *author, struct err *err)
{
	char hex[GIT_OID_HEXSZ + 2];
	struct batch batch;
	git_oid tree, commit;
	int rc;

	batch_init(&batch, os, folder);
	if (!(rc = batch_add(&batch, GIT_OBJECT_TREE, "", 0, &tree, err)) &&
	    !(rc = commit_add(&batch, &tree, NULL, 0, author, os->ops->now(os),
			      "state directory of wf\n\nEach run has a branch run/<id>.\n", &commit,
			      err)) &&
	    !(rc = batch_write(&batch, NULL, err))) {
		git_oid_tostr(hex, sizeof hex, &commit);
		strcat(hex, "\n");
		rc = put(os, folder, "refs/heads/main", hex, err);
	}
	batch_release(&batch);
	return rc;
}

static int fill(struct os *os, const char *folder, const char *author, struct err *err)
{
	int rc = make_folders(os, folder, err);

	for (size_t i = 0; i < sizeof files / sizeof *files && !rc; i++)
		rc = put(os, folder, files[i].name, files[i].text, err);
	if (!rc)
		rc = first_commit(os, folder, author, err);
	for (size_t i = 0; i < sizeof folders / sizeof *folders && !rc; i++) {
		char *path = str_format("%s/%s", folder, folders[i]);

		rc = path ? os->ops->sync_dir(os, path) : -ENOMEM;
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot sync '%s'", path ? path : folder);
		free(path);
	}
	return rc;
}

int repo_make(struct os *os, const char *state, const char *author, struct err *err)
{
	char *path = str_format("%s/.git", state);
	char *made = str_format("%s/.git-new-%ld-%llx", state, (long)getpid(),
				(unsigned long long)os->ops->monotonic(os));
	struct err quiet = ERR_INIT;
	int rc;

	if (!path || !made) {
		rc = err_nomem(err);
	} else if (!(rc = fill(os, made, author, err))) {
		rc = os->ops->rename(os, made, path);
		if (rc == -ENOTEMPTY || rc == -EEXIST)
			rc = 0; /* another was faster */
		else if (rc < 0)
			rc = err_sys(err, -rc, "cannot rename '%s' to '%s'", made, path);
		else if ((rc = os->ops->sync_dir(os, state)) < 0)
			rc = err_sys(err, -rc, "cannot sync '%s'", state);
	}
	if (made)
		os_remove_tree(os, made, &quiet);
	free(path);
	free(made);
	return rc;
}
