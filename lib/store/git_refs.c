/* SPDX-License-Identifier: MIT */
#include "git_refs.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_lock.h"
#include "git_repo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 5000 };

static int read_packed(struct repo *repo, const char *name, git_oid *ret, struct err *err)
{
	int rc = git_reference_name_to_id(ret, repo->git, name);

	if (rc == GIT_ENOTFOUND)
		return 0;
	return rc < 0 ? repo_error(err, GIT_ERROR, "cannot read '%s'", name) : 1;
}

int refs_read(struct repo *repo, const char *name, git_oid *ret, struct err *err)
{
	char *path = str_format("%s/%s", repo->path, name), hex[GIT_OID_HEXSZ];
	struct os *os = repo->os;
	ssize_t n;
	int fd;

	if (!path)
		return err_nomem(err);
	fd = os->ops->open(os, path, O_RDONLY, 0);
	free(path);
	if (fd < 0)
		return read_packed(repo, name, ret, err);
	n = os->ops->pread(os, fd, hex, sizeof hex, 0);
	os->ops->close(os, fd);
	if (n == GIT_OID_HEXSZ && git_oid_fromstrn(ret, hex, GIT_OID_HEXSZ) == 0)
		return 1;
	return read_packed(repo, name, ret, err);
}

/* Compare and swap. */
static int swap(struct git_lock *lock, const char *name, const git_oid *from, struct err *err)
{
	git_oid now;
	int rc = refs_read(lock->repo, name, &now, err);

	if (rc < 0)
		return rc;
	if (from ? rc == 0 || !git_oid_equal(from, &now) : rc == 1)
		return 0;
	return git_lock_replace(lock, lock->lock, err) < 0 ? -err->code : 1;
}

int refs_move(struct repo *repo, const char *name, const git_oid *from, const git_oid *to,
	      struct err *err)
{
	char hex[GIT_OID_HEXSZ + 2];
	struct git_lock lock;
	int rc;

	git_oid_tostr(hex, sizeof hex, to);
	strcat(hex, "\n");
	rc = git_lock_take(&lock, repo, name, hex, GIT_OID_HEXSZ + 1, WAIT_MS, err);
	if (rc == 0)
		rc = swap(&lock, name, from, err);
	git_lock_release(&lock);
	return rc;
}

static char *run_ref(const char *id)
{
	return str_format("refs/heads/run/%s", id);
}

int refs_read_run(struct repo *repo, const char *id, git_oid *ret, struct err *err)
{
	char *name = run_ref(id);
	int rc = name ? refs_read(repo, name, ret, err) : err_nomem(err);

	free(name);
	return rc;
}

int refs_move_run(struct repo *repo, const char *id, const git_oid *from, const git_oid *to,
		  struct err *err)
{
	char *name = run_ref(id);
	int rc = name ? refs_move(repo, name, from, to, err) : err_nomem(err);

	free(name);
	return rc;
}
