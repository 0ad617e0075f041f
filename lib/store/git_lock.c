/* SPDX-License-Identifier: MIT */
#include "git_lock.h"

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

/* The lock file exists: take it away if it is left over, else wait a moment. Returns the
 * milliseconds waited. */
static int wait_for(struct repo *repo, const char *lock, int turn)
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

/* What the lock file is to hold, written and synced under a name of our own, with a kernel lock on
 * it. */
static int write_own(struct git_lock *lock, const void *data, size_t n, struct err *err)
{
	struct os *os = lock->repo->os;
	ssize_t rc;

	lock->fd = os->ops->open(os, lock->own, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (lock->fd < 0)
		return err_sys(err, -lock->fd, "cannot make '%s'", lock->own);
	rc = os->ops->lock(os, lock->fd, false);
	if (rc >= 0 && n)
		rc = os->ops->pwrite(os, lock->fd, data, n, 0);
	if (rc >= 0 && n)
		rc = os->ops->datasync(os, lock->fd);
	return rc < 0 ? err_sys(err, (int)-rc, "cannot write '%s'", lock->own) : 0;
}

/* git removes a folder of refs once all in it are packed. */
static int make_folder(struct os *os, const char *root, const char *file)
{
	char *folder = strdup(file);
	int rc = folder ? 0 : -ENOMEM;

	for (char *end = folder ? folder + strlen(root) + 1 : NULL;
	     end && (end = strchr(end, '/')) && !rc; end++) {
		*end = '\0';
		rc = os->ops->mkdir(os, folder, 0700);
		rc = rc == -EEXIST ? 0 : rc;
		*end = '/';
	}
	free(folder);
	return rc;
}

static int give_name(const struct git_lock *lock, int wait_ms, struct err *err)
{
	struct os *os = lock->repo->os;
	int rc, waited = 0;

	for (int turn = 0;; turn++) {
		rc = os->ops->link(os, lock->own, lock->lock);
		if (rc == -ENOENT && (rc = make_folder(os, lock->repo->path, lock->file)) == 0 &&
		    turn < 10)
			continue;
		if (rc != -EEXIST)
			break;
		if (waited > wait_ms)
			return err_set(
				err, ERR_SYSTEM,
				"cannot lock '%s': '%s' exists; remove it if no git command is running",
				lock->file, lock->lock);
		waited += wait_for(lock->repo, lock->lock, turn);
	}
	return rc < 0 ? err_sys(err, -rc, "cannot make '%s'", lock->lock) : 0;
}

int git_lock_take(struct git_lock *ret, struct repo *repo, const char *name, const void *data,
		  size_t n, int wait_ms, struct err *err)
{
	int rc;

	*ret = (struct git_lock){
		.repo = repo,
		.file = str_format("%s/%s", repo->path, name),
		.own = str_format("%s/wf/lock-%ld-%llx", repo->path, (long)getpid(),
				  (unsigned long long)repo->os->ops->monotonic(repo->os)),
		.fd = -1,
	};
	if (!ret->file || !ret->own)
		return err_nomem(err);
	rc = write_own(ret, data, n, err);
	if (rc < 0)
		return rc;
	ret->lock = str_format("%s.lock", ret->file);
	rc = ret->lock ? give_name(ret, wait_ms, err) : err_nomem(err);
	if (rc < 0) { /* it is not ours */
		free(ret->lock);
		ret->lock = NULL;
	}
	return rc;
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

int git_lock_replace(struct git_lock *lock, const char *by, struct err *err)
{
	struct os *os = lock->repo->os;
	int rc = os->ops->rename(os, by, lock->file);

	if (rc < 0)
		return err_sys(err, -rc, "cannot rename '%s' to '%s'", by, lock->file);
	if (by == lock->lock) {
		free(lock->lock);
		lock->lock = NULL;
	}
	return sync_folder_of(os, lock->file, err);
}

void git_lock_release(struct git_lock *lock)
{
	struct os *os = lock->repo->os;

	if (lock->lock)
		os->ops->unlink(os, lock->lock);
	if (lock->fd >= 0) {
		os->ops->unlink(os, lock->own);
		os->ops->close(os, lock->fd);
	}
	free(lock->file);
	free(lock->lock);
	free(lock->own);
}
