/* SPDX-License-Identifier: MIT */
/* Folders: made if absent, and removed with all that is in them. */
#include "file.h"

#include "../base/error.h"
#include "../base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int os_make_dir(struct os *os, const char *path, mode_t mode, bool *ret_made, struct err *err)
{
	struct os_stat st;
	int rc = os->ops->mkdir(os, path, mode);

	if (rc < 0 && rc != -EEXIST)
		return err_sys(err, -rc, "cannot create folder '%s'", path);
	if (rc == -EEXIST) {
		rc = os->ops->lstat(os, path, &st);
		if (rc < 0)
			return err_sys(err, -rc, "cannot stat '%s'", path);
		if (st.kind != OS_DIRECTORY)
			return err_sys(err, ENOTDIR, "cannot use '%s'", path);
		if (ret_made)
			*ret_made = false;
	} else if (ret_made) {
		*ret_made = true;
	}
	return 0;
}

/* What is in one folder: names to remove, and folders to descend into, gathered before anything is
 * removed. */
struct entry {
	struct entry *next;
	enum os_kind kind;
	char name[];
};

static int gather(void *arg, const char *name, enum os_kind kind)
{
	struct entry **list = arg, *entry;
	size_t n = strlen(name) + 1;

	entry = malloc(sizeof *entry + n);
	if (!entry)
		return -ENOMEM;
	memcpy(entry->name, name, n);
	entry->kind = kind;
	entry->next = *list;
	*list = entry;
	return 0;
}

static int remove_one(struct os *os, const char *path, enum os_kind kind, struct err *err)
{
	int rc;

	if (kind == OS_DIRECTORY)
		return os_remove_tree(os, path, err);
	rc = os->ops->unlink(os, path);
	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "cannot remove '%s'", path);
	return 0;
}

/* Remove what list names in folder, and free the list; goes on after a failure, the first is kept.
 */
static int remove_entries(struct os *os, const char *folder, struct entry *list, struct err *err)
{
	struct entry *entry;
	int rc = 0;

	while ((entry = list) != NULL) {
		char *path = str_format("%s/%s", folder, entry->name);
		int failed = path ? remove_one(os, path, entry->kind, err) : err_nomem(err);

		if (rc == 0)
			rc = failed;
		free(path);
		list = entry->next;
		free(entry);
	}
	return rc;
}

int os_remove_tree(struct os *os, const char *path, struct err *err)
{
	struct entry *list = NULL;
	int rc, listed = os->ops->list(os, path, gather, &list);

	if (listed == -ENOENT)
		return 0;
	if (listed == -ENOTDIR || listed == -ELOOP)
		return remove_one(os, path, OS_FILE, err);
	rc = remove_entries(os, path, list, err);
	if (listed < 0)
		return err_sys(err, -listed, "cannot read folder '%s'", path);
	if (rc < 0)
		return rc;
	rc = os->ops->rmdir(os, path);
	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "cannot remove folder '%s'", path);
	return 0;
}
