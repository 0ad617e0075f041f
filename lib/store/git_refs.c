/* SPDX-License-Identifier: MIT */
#include "git_refs.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_repo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_MS = 5000 };

/* The names that one move deals with. */
struct move {
	char *ref, *lock, *own; /* <ref>, <ref>.lock, and what the lock is a second name of */
	int fd;
};

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

struct search {
	struct os *os;
	const char *folder;
	uint64_t inode;
};

static int same_file(void *arg, const char *name, enum os_kind kind)
{
	struct search *search = arg;
	char *path = str_format("%s/%s", search->folder, name);
	struct os_stat st;
	int found;

	(void)kind;
	found = path && search->os->ops->lstat(search->os, path, &st) == 0 &&
		st.inode == search->inode;
	free(path);
	return found;
}

/* Whether a lock file is of our making and its maker has died. fd: it, opened. */
static bool is_left_over(struct repo *repo, const char *lock, int fd)
{
	char *folder = str_format("%s/wf", repo->path);
	struct os *os = repo->os;
	struct search search = {os, folder, 0};
	struct os_stat st, again;
	bool ours = false;

	if (folder && os->ops->fstat(os, fd, &st) == 0) {
		search.inode = st.inode;
		ours = os->ops->list(os, folder, same_file, &search) == 1;
	}
	free(folder);
	return ours && os->ops->lock(os, fd, false) == 0 && os->ops->lstat(os, lock, &again) == 0 &&
	       again.inode == st.inode;
}

/* <ref>.lock exists: take it away if it is left over, else wait a moment. Returns the milliseconds
 * waited. */
static int wait_for_lock(struct repo *repo, const char *lock, int turn)
{
	int ms = 1 << (turn < 6 ? turn : 6), fd = repo->os->ops->open(repo->os, lock, O_RDWR, 0);
	struct timespec pause = {0, ms * 1000000L};

	if (fd == -ENOENT)
		return 0;
	if (fd >= 0 && is_left_over(repo, lock, fd)) {
		repo->os->ops->unlink(repo->os, lock);
		ms = 0;
	} else {
		nanosleep(&pause, NULL);
	}
	if (fd >= 0)
		repo->os->ops->close(repo->os, fd);
	return ms;
}

/* The new value, written and synced under a name of our own, with a kernel lock on it. */
static int write_own(struct repo *repo, struct move *m, const git_oid *to, struct err *err)
{
	struct os *os = repo->os;
	char hex[GIT_OID_HEXSZ + 2];
	ssize_t n;

	git_oid_tostr(hex, sizeof hex, to);
	strcat(hex, "\n");
	m->fd = os->ops->open(os, m->own, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (m->fd < 0)
		return err_sys(err, -m->fd, "cannot make '%s'", m->own);
	n = os->ops->lock(os, m->fd, false);
	if (n >= 0)
		n = os->ops->pwrite(os, m->fd, hex, GIT_OID_HEXSZ + 1, 0);
	if (n >= 0)
		n = os->ops->datasync(os, m->fd);
	return n < 0 ? err_sys(err, (int)-n, "cannot write '%s'", m->own) : 0;
}

/* git removes a folder of refs once all in it are packed. */
static int make_folder(struct os *os, const char *ref)
{
	char *folder = strdup(ref);
	int rc = folder ? 0 : -ENOMEM;

	for (char *end = folder ? strstr(folder, "/refs/") + 6 : NULL;
	     end && (end = strchr(end, '/')) && !rc; end++) {
		*end = '\0';
		rc = os->ops->mkdir(os, folder, 0700);
		rc = rc == -EEXIST ? 0 : rc;
		*end = '/';
	}
	free(folder);
	return rc;
}

static int take_lock(struct repo *repo, const struct move *m, struct err *err)
{
	struct os *os = repo->os;
	int rc, waited = 0;

	for (int turn = 0;; turn++) {
		rc = os->ops->link(os, m->own, m->lock);
		if (rc == -ENOENT && (rc = make_folder(os, m->ref)) == 0 && turn < 10)
			continue;
		if (rc != -EEXIST)
			break;
		if (waited > WAIT_MS)
			return err_set(
				err, ERR_SYSTEM,
				"cannot lock '%s': '%s' exists; remove it if no git command is running",
				m->ref, m->lock);
		waited += wait_for_lock(repo, m->lock, turn);
	}
	return rc < 0 ? err_sys(err, -rc, "cannot make '%s'", m->lock) : 0;
}

static int sync_folder_of(struct os *os, char *path, struct err *err)
{
	char *slash = strrchr(path, '/');
	int rc;

	*slash = '\0';
	rc = os->ops->sync_dir(os, path);
	if (rc < 0)
		err_sys(err, -rc, "cannot sync '%s'", path);
	*slash = '/';
	return rc < 0 ? -err->code : 0;
}

/* With the lock held: compare and swap. */
static int swap(struct repo *repo, struct move *m, const char *name, const git_oid *from,
		struct err *err)
{
	struct os *os = repo->os;
	git_oid now;
	int rc = refs_read(repo, name, &now, err);

	if (rc < 0)
		return rc;
	if (from ? rc == 0 || !git_oid_equal(from, &now) : rc == 1)
		return 0;
	rc = os->ops->rename(os, m->lock, m->ref);
	if (rc < 0)
		return err_sys(err, -rc, "cannot rename '%s' to '%s'", m->lock, m->ref);
	return sync_folder_of(os, m->ref, err) < 0 ? -err->code : 1;
}

int refs_move(struct repo *repo, const char *name, const git_oid *from, const git_oid *to,
	      struct err *err)
{
	struct os *os = repo->os;
	struct move m = {
		.ref = str_format("%s/%s", repo->path, name),
		.lock = str_format("%s/%s.lock", repo->path, name),
		.own = str_format("%s/wf/ref-%ld-%llx", repo->path, (long)getpid(),
				  (unsigned long long)os->ops->monotonic(os)),
		.fd = -1,
	};
	int rc;

	if (!m.ref || !m.lock || !m.own) {
		rc = err_nomem(err);
	} else if (!(rc = write_own(repo, &m, to, err)) && !(rc = take_lock(repo, &m, err))) {
		rc = swap(repo, &m, name, from, err);
		if (rc != 1)
			os->ops->unlink(os, m.lock);
	}
	if (m.fd >= 0) {
		os->ops->unlink(os, m.own);
		os->ops->close(os, m.fd);
	}
	free(m.ref);
	free(m.lock);
	free(m.own);
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
