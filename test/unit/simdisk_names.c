/* SPDX-License-Identifier: MIT */
/* Names of the simulated disk, and the deeds that a power cut may undo. */
#include "simdisk_internal.h"

#include <stdlib.h>
#include <string.h>

struct inode *names_get(const struct entry *names, const char *name)
{
	for (; names; names = names->next)
		if (strcmp(names->name, name) == 0)
			return names->inode;
	return NULL;
}

void names_set(struct entry **names, const char *name, struct inode *inode)
{
	struct entry *entry;

	while (*names && strcmp((*names)->name, name) != 0)
		names = &(*names)->next;
	entry = *names;
	if (entry && inode) {
		entry->inode = inode;
	} else if (entry) {
		*names = entry->next;
		free(entry);
	} else if (inode) {
		entry = sim_alloc(sizeof *entry + strlen(name) + 1);
		strcpy(entry->name, name);
		entry->inode = inode;
		*names = entry;
	}
}

static void names_free(struct entry *names)
{
	while (names) {
		struct entry *next = names->next;

		free(names);
		names = next;
	}
}

static struct entry *names_copy(const struct entry *names)
{
	struct entry *copy = NULL;

	for (; names; names = names->next)
		names_set(&copy, names->name, names->inode);
	return copy;
}

struct inode *inode_new(struct simdisk *disk, enum os_kind kind, mode_t mode)
{
	struct inode *inode = sim_alloc(sizeof *inode);

	inode->kind = kind;
	inode->mode = mode;
	inode->mtime = disk->now;
	inode->number = ++disk->next_number;
	inode->next = disk->inodes;
	disk->inodes = inode;
	return inode;
}

void inode_free(struct inode *inode)
{
	names_free(inode->names);
	names_free(inode->kept_names);
	free(inode->seen.data);
	free(inode->kept.data);
	free(inode->dirty);
	free(inode);
}

void deed_do(struct simdisk *disk, struct inode *subject, const struct change *changes, int count)
{
	struct deed *deed = sim_alloc(sizeof *deed), **end = &disk->deeds;

	for (int i = 0; i < count; i++) {
		deed->changes[i] = changes[i];
		deed->changes[i].name = strcpy(sim_alloc(strlen(changes[i].name) + 1),
					       changes[i].name);
		names_set(&changes[i].folder->names, changes[i].name, changes[i].inode);
		changes[i].folder->mtime = disk->now;
	}
	deed->count = count;
	deed->subject = subject;
	while (*end)
		end = &(*end)->next;
	*end = deed;
}

static bool touches(const struct deed *deed, const struct inode *folder)
{
	for (int i = 0; i < deed->count; i++)
		if (deed->changes[i].folder == folder)
			return true;
	return false;
}

/* Whether later cannot have happened without earlier. */
static bool hangs_on(const struct deed *later, const struct deed *earlier)
{
	if (later->subject == earlier->subject)
		return true;
	for (int i = 0; i < later->count; i++)
		for (int j = 0; j < earlier->count; j++)
			if (later->changes[i].folder == earlier->changes[j].folder &&
			    strcmp(later->changes[i].name, earlier->changes[j].name) == 0)
				return true;
	return false;
}

static void take_causes(struct simdisk *disk)
{
	bool more = true;

	while (more) {
		more = false;
		for (struct deed *later = disk->deeds; later; later = later->next)
			for (struct deed *d = disk->deeds; later->taken && d != later; d = d->next)
				if (!d->taken && hangs_on(later, d))
					more = d->taken = true;
	}
}

/* Deeds that are taken last from now on; forget: the others are gone. */
static void carry_out(struct simdisk *disk, bool forget)
{
	struct deed **at = &disk->deeds;

	while (*at) {
		struct deed *deed = *at;

		if (!deed->taken && !forget) {
			at = &deed->next;
			continue;
		}
		for (int i = 0; i < deed->count; i++) {
			const struct change *c = &deed->changes[i];

			if (deed->taken)
				names_set(&c->folder->kept_names, c->name, c->inode);
			free(c->name);
		}
		*at = deed->next;
		free(deed);
	}
}

void deeds_sync(struct simdisk *disk, struct inode *folder)
{
	for (struct deed *d = disk->deeds; d; d = d->next)
		d->taken = !folder || touches(d, folder);
	take_causes(disk);
	carry_out(disk, false);
}

static void mark(struct inode *inode)
{
	inode->reached = true;
	for (struct entry *e = inode->names; e; e = e->next)
		if (!e->inode->reached)
			mark(e->inode);
}

static void sweep(struct simdisk *disk)
{
	struct inode **at = &disk->inodes;

	for (struct inode *i = disk->inodes; i; i = i->next)
		i->reached = false;
	mark(disk->root);
	while (*at) {
		struct inode *inode = *at;

		if (inode->reached) {
			at = &inode->next;
			continue;
		}
		*at = inode->next;
		inode_free(inode);
	}
}

void deeds_cut(struct simdisk *disk)
{
	for (struct deed *d = disk->deeds; d; d = d->next)
		d->taken = simdisk_random(disk, 2);
	take_causes(disk);
	carry_out(disk, true);
	for (struct inode *i = disk->inodes; i; i = i->next) {
		if (i->kind != OS_DIRECTORY)
			continue;
		names_free(i->names);
		i->names = names_copy(i->kept_names);
	}
	sweep(disk);
}
