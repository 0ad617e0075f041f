/* SPDX-License-Identifier: MIT */
#include "git_stage.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"
#include "git_lock.h"
#include "git_repo.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct wanted {
	git_index_entry entry;
	bool there;
};

static bool head_is_main(struct repo *repo)
{
	git_reference *head = NULL;
	bool is = git_reference_lookup(&head, repo->git, "HEAD") == 0 &&
		  git_reference_symbolic_target(head) &&
		  strcmp(git_reference_symbolic_target(head), "refs/heads/main") == 0;

	git_reference_free(head);
	return is;
}

static bool is_level(git_index *index, const struct wanted *wanted)
{
	const git_index_entry *now = git_index_get_bypath(index, wanted->entry.path, 0);

	return wanted->there ? now && git_oid_equal(&now->id, &wanted->entry.id) : !now;
}

static int change(git_index *index, const struct wanted *wanted)
{
	return wanted->there ? git_index_add(index, &wanted->entry)
			     : git_index_remove(index, wanted->entry.path, 0);
}

/* libgit2 does not sync an index: it writes this one where nobody looks. */
static int write_beside(git_index *index, const char *path)
{
	git_index *copy;
	int rc = git_index_open(&copy, path);

	for (size_t i = 0; rc == 0 && i < git_index_entrycount(index); i++)
		rc = git_index_add(copy, git_index_get_byindex(index, i));
	if (rc == 0)
		rc = git_index_write(copy);
	git_index_free(copy);
	return rc;
}

static void replace(struct git_lock *lock, git_index *index)
{
	struct os *os = lock->repo->os;
	char *path = str_format("%s/wf/index-%ld-%llx", lock->repo->path, (long)getpid(),
				(unsigned long long)os->ops->monotonic(os));
	struct err err = ERR_INIT;

	if (!path)
		return;
	if (write_beside(index, path) < 0 || os_sync_file(os, path, &err) < 0 ||
	    git_lock_replace(lock, path, &err) < 0)
		os->ops->unlink(os, path);
	free(path);
}

/* With its lock held it is read again. */
static void bring_level(struct repo *repo, git_index *index, const struct wanted *wanted)
{
	struct err err = ERR_INIT;
	struct git_lock lock;

	if (git_lock_take(&lock, repo, "index", NULL, 0, 0, &err) == 0 &&
	    git_index_read(index, true) == 0 && !is_level(index, wanted) &&
	    change(index, wanted) == 0)
		replace(&lock, index);
	git_lock_release(&lock);
}

void stage_file(struct repo *repo, const char *name, const git_oid *blob, const struct stat *st)
{
	char *lock = str_format("%s/index.lock", repo->path);
	git_index *index = NULL;
	struct wanted wanted = {
		.entry =
			{
				.path = name,
				.mode = GIT_FILEMODE_BLOB,
				.file_size = (uint32_t)st->st_size,
				.mtime = {(int32_t)st->st_mtim.tv_sec,
					  (uint32_t)st->st_mtim.tv_nsec},
				.ctime = {(int32_t)st->st_ctim.tv_sec,
					  (uint32_t)st->st_ctim.tv_nsec},
				.dev = (uint32_t)st->st_dev,
				.ino = (uint32_t)st->st_ino,
				.uid = st->st_uid,
				.gid = st->st_gid,
			},
		.there = blob != NULL,
	};

	if (blob)
		wanted.entry.id = *blob;
	if (lock && head_is_main(repo) && git_repository_index(&index, repo->git) == 0 &&
	    (!is_level(index, &wanted) || os_exists(repo->os, lock)))
		bring_level(repo, index, &wanted);
	git_index_free(index);
	free(lock);
}
