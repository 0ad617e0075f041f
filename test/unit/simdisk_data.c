/* SPDX-License-Identifier: MIT */
/* Files of the simulated disk: what is seen, and what is kept. */
#include "simdisk_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *(*simdisk_calloc)(size_t n, size_t size) = calloc;

void *sim_alloc(size_t n)
{
	void *p = simdisk_calloc(1, n ? n : 1);

	if (!p) {
		fputs("simdisk: out of memory\n", stderr);
		abort();
	}
	return p;
}

static void make_room(struct bytes *b, uint64_t room)
{
	char *data;

	if (room <= b->room)
		return;
	room = room < 2 * b->room ? 2 * b->room : room;
	data = sim_alloc(room);
	if (b->size)
		memcpy(data, b->data, b->size);
	free(b->data);
	b->data = data;
	b->room = room;
}

static void resize(struct bytes *b, uint64_t size)
{
	make_room(b, size);
	if (size < b->size)
		memset(b->data + size, 0, b->size - size);
	b->size = size;
}

static void make_dirty(struct inode *file, uint64_t from, uint64_t to)
{
	uint64_t pages = (to + PAGE - 1) / PAGE;

	if (pages > file->pages) {
		uint64_t more = 2 * pages;
		bool *dirty = sim_alloc(more);

		if (file->pages)
			memcpy(dirty, file->dirty, file->pages);
		free(file->dirty);
		file->dirty = dirty;
		file->pages = more;
	}
	for (uint64_t page = from / PAGE; page < pages; page++)
		file->dirty[page] = true;
}

void file_resize(struct inode *file, uint64_t size)
{
	if (size == file->seen.size)
		return;
	if (size > file->seen.size)
		make_dirty(file, file->seen.size, size);
	else if (size % PAGE)
		make_dirty(file, size, size + 1);
	resize(&file->seen, size);
	file->size_dirty = true;
}

/* Copy a part of what is seen to what is kept, as far as kept reaches. */
static void keep(struct inode *file, uint64_t from, uint64_t n)
{
	uint64_t end = from + n < file->kept.size ? from + n : file->kept.size;
	uint64_t seen = end < file->seen.size ? end : file->seen.size;

	if (from < seen)
		memcpy(file->kept.data + from, file->seen.data + from, seen - from);
	if (seen < from)
		seen = from;
	if (seen < end)
		memset(file->kept.data + seen, 0, end - seen);
}

/* What is about to be overwritten, unsynced, may have reached the disk already. */
static void write_back(struct simdisk *disk, struct inode *file, uint64_t from, uint64_t to)
{
	uint64_t pages = (to + PAGE - 1) / PAGE;

	if (pages > file->pages)
		pages = file->pages;
	for (uint64_t page = from / PAGE; page < pages; page++) {
		if (!file->dirty[page] || simdisk_random(disk, 2))
			continue;
		for (uint64_t at = 0; at < PAGE; at += SECTOR)
			if (simdisk_random(disk, 2))
				keep(file, page * PAGE + at, SECTOR);
	}
}

void file_write(struct simdisk *disk, struct inode *file, const void *data, uint64_t n,
		uint64_t offset)
{
	if (n == 0)
		return;
	write_back(disk, file, offset, offset + n);
	if (offset + n > file->seen.size)
		file_resize(file, offset + n);
	memcpy(file->seen.data + offset, data, n);
	make_dirty(file, offset, offset + n);
}

static void clean(struct inode *file)
{
	if (file->pages)
		memset(file->dirty, 0, file->pages);
	file->size_dirty = false;
}

/* A page that is written takes the size along, also when an earlier sync has forgotten that. */
static void reach(struct inode *file, uint64_t end)
{
	end = end < file->seen.size ? end : file->seen.size;
	if (end > file->kept.size)
		resize(&file->kept, end);
}

void file_sync(struct inode *file)
{
	if (file->size_dirty)
		resize(&file->kept, file->seen.size);
	for (uint64_t page = 0; page < file->pages; page++) {
		if (!file->dirty[page])
			continue;
		reach(file, (page + 1) * PAGE);
		keep(file, page * PAGE, PAGE);
	}
	clean(file);
}

/* Some of what was dirty reaches the disk; torn: also parts of pages. */
static void keep_some(struct simdisk *disk, struct inode *file, bool torn)
{
	if (file->size_dirty) {
		uint64_t low = file->kept.size, high = file->seen.size;
		uint64_t choice = simdisk_random(disk, 3);

		if (choice == 1)
			resize(&file->kept, high);
		else if (choice == 2 && high > low)
			resize(&file->kept, low + simdisk_random(disk, high - low));
	}
	for (uint64_t page = 0; page < file->pages; page++) {
		uint64_t choice = file->dirty[page] ? simdisk_random(disk, torn ? 3 : 2) : 0;

		if (choice == 1)
			keep(file, page * PAGE, PAGE);
		for (uint64_t at = 0; choice == 2 && at < PAGE; at += SECTOR)
			if (simdisk_random(disk, 2))
				keep(file, page * PAGE + at, SECTOR);
	}
}

void file_sync_failed(struct simdisk *disk, struct inode *file)
{
	bool shorter;

	keep_some(disk, file, false);
	shorter = file->seen.size < file->kept.size;
	clean(file);
	file->size_dirty = shorter;
}

void file_cut(struct simdisk *disk, struct inode *file)
{
	keep_some(disk, file, true);
	resize(&file->seen, file->kept.size);
	if (file->kept.size)
		memcpy(file->seen.data, file->kept.data, file->kept.size);
	clean(file);
}
