/* SPDX-License-Identifier: MIT */
/* The calls of the simulated disk that take a path. */
#include "simdisk_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The folder that path is in, and the last part of it. 0 or -errno. "/" itself has no folder:
 * *ret_name is "". */
int sim_walk(struct simdisk *disk, const char *path, struct inode **ret_folder, char ret_name[256])
{
	struct inode *folder = disk->root;

	ret_name[0] = '\0';
	for (;;) {
		size_t n;

		path += strspn(path, "/");
		if (!*path)
			break;
		if (ret_name[0]) {
			folder = names_get(folder->names, ret_name);
			if (!folder || folder->kind != OS_DIRECTORY)
				return folder ? -ENOTDIR : -ENOENT;
		}
		n = strcspn(path, "/");
		if (n > 255)
			return -ENAMETOOLONG;
		memcpy(ret_name, path, n);
		ret_name[n] = '\0';
		path += n;
	}
	*ret_folder = folder;
	return 0;
}

static int find(struct simdisk *disk, const char *path, struct inode **ret)
{
	struct inode *folder;
	char name[256];
	int rc = sim_walk(disk, path, &folder, name);

	if (rc < 0)
		return rc;
	*ret = name[0] ? names_get(folder->names, name) : disk->root;
	return *ret ? 0 : -ENOENT;
}

int sim_sync_dir(struct os *os, const char *path)
{
	struct simdisk *disk = disk_of(os);
	struct inode *folder;
	int found;
	CALL(disk, SIM_SYNC_DIR, rc);

	found = find(disk, path, &folder);
	if (found < 0)
		return found;
	if (folder->kind != OS_DIRECTORY)
		return -ENOTDIR;
	deeds_sync(disk, folder);
	return ended(fate, 0);
}

int sim_lstat(struct os *os, const char *path, struct os_stat *ret)
{
	struct inode *inode;
	int found;
	CALL(disk_of(os), SIM_LSTAT, rc);

	found = find(disk_of(os), path, &inode);
	if (found < 0)
		return found;
	sim_fill_stat(inode, ret);
	return ended(fate, 0);
}

int sim_mkdir(struct os *os, const char *path, mode_t mode)
{
	struct simdisk *disk = disk_of(os);
	struct inode *folder, *inode;
	char name[256];
	int found;
	CALL(disk, SIM_MKDIR, rc);

	found = sim_walk(disk, path, &folder, name);
	if (found < 0)
		return found;
	if (!name[0] || names_get(folder->names, name))
		return -EEXIST;
	inode = inode_new(disk, OS_DIRECTORY, mode);
	deed_do(disk, inode, &(struct change){folder, name, inode}, 1);
	return ended(fate, 0);
}

/* Whether inode may take the place of what is there. */
static int check_replace(const struct inode *inode, const struct inode *there)
{
	if (!there)
		return 0;
	if (there->kind == OS_DIRECTORY && inode->kind != OS_DIRECTORY)
		return -EISDIR;
	if (there->kind != OS_DIRECTORY && inode->kind == OS_DIRECTORY)
		return -ENOTDIR;
	return there->kind == OS_DIRECTORY && there->names ? -ENOTEMPTY : 0;
}

int sim_rename(struct os *os, const char *from, const char *to)
{
	struct simdisk *disk = disk_of(os);
	struct inode *from_folder, *to_folder, *inode, *there;
	char from_name[256], to_name[256];
	int found;
	CALL(disk, SIM_RENAME, rc);

	found = sim_walk(disk, from, &from_folder, from_name);
	if (found == 0)
		found = sim_walk(disk, to, &to_folder, to_name);
	if (found < 0)
		return found;
	inode = names_get(from_folder->names, from_name);
	there = names_get(to_folder->names, to_name);
	if (!inode)
		return -ENOENT;
	found = check_replace(inode, there);
	if (found < 0 || inode == there)
		return found;
	deed_do(disk, inode,
		(struct change[]){{from_folder, from_name, NULL}, {to_folder, to_name, inode}}, 2);
	return ended(fate, 0);
}

int sim_link(struct os *os, const char *from, const char *to)
{
	struct simdisk *disk = disk_of(os);
	struct inode *folder, *inode;
	char name[256];
	int found;
	CALL(disk, SIM_LINK, rc);

	found = find(disk, from, &inode);
	if (found == 0)
		found = sim_walk(disk, to, &folder, name);
	if (found < 0)
		return found;
	if (inode->kind == OS_DIRECTORY)
		return -EPERM;
	if (names_get(folder->names, name))
		return -EEXIST;
	deed_do(disk, inode, &(struct change){folder, name, inode}, 1);
	return ended(fate, 0);
}

static int remove_name(struct os *os, const char *path, bool folder_wanted)
{
	struct simdisk *disk = disk_of(os);
	struct inode *folder, *inode;
	char name[256];
	int found;
	CALL(disk, folder_wanted ? SIM_RMDIR : SIM_UNLINK, rc);

	found = sim_walk(disk, path, &folder, name);
	if (found < 0)
		return found;
	inode = name[0] ? names_get(folder->names, name) : NULL;
	if (!inode)
		return -ENOENT;
	if (folder_wanted != (inode->kind == OS_DIRECTORY))
		return folder_wanted ? -ENOTDIR : -EISDIR;
	if (inode->names)
		return -ENOTEMPTY;
	deed_do(disk, inode, &(struct change){folder, name, NULL}, 1);
	return ended(fate, 0);
}

int sim_unlink(struct os *os, const char *path)
{
	return remove_name(os, path, false);
}

int sim_rmdir(struct os *os, const char *path)
{
	return remove_name(os, path, true);
}

int sim_list(struct os *os, const char *path,
	     int (*each)(void *arg, const char *name, enum os_kind kind), void *arg)
{
	struct entry *copy = NULL;
	struct inode *folder;
	int found;
	CALL(disk_of(os), SIM_LIST, rc);

	found = find(disk_of(os), path, &folder);
	if (found < 0)
		return found;
	if (folder->kind != OS_DIRECTORY)
		return -ENOTDIR;
	for (struct entry *e = folder->names; e; e = e->next)
		names_set(&copy, e->name, e->inode);
	found = 0;
	while (copy) {
		struct entry *next = copy->next;

		if (found == 0)
			found = each(arg, copy->name, copy->inode->kind);
		free(copy);
		copy = next;
	}
	return ended(fate, found);
}
