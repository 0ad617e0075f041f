/* SPDX-License-Identifier: MIT */
/*
 * Objects on their way into the repository: gathered in memory (large ones in
 * a temporary file) and written together as one pack. Five syncs make a whole
 * commit durable this way, however many objects it has; and there are never
 * loose objects.
 *
 * Calling sequence: batch_init; batch_add and batch_add_file; batch_write;
 * move the refs; batch_unkeep; batch_release. Until batch_unkeep the pack has
 * a .keep file beside it, so that a `git gc` at the same time leaves it alone.
 * A crash before batch_write returns leaves at most temporaries (.git/wf/pack-*, where `git gc`
 * does not look) or a pack that nothing refers to.
 */
#ifndef WF_STORE_GIT_BATCH_H
#define WF_STORE_GIT_BATCH_H

#include "../base/buf.h"

#include <git2/oid.h>
#include <git2/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zlib.h>

struct err;
struct os;

struct batch_entry {
	git_oid id;
	uint32_t crc;
	uint64_t offset;
	uint32_t root; /* index of the entry that it is a delta of, or its own */
};

struct batch {
	struct os *os;      /* borrowed */
	const char *folder; /* borrowed: .git */
	struct buf out;     /* bytes of the pack that are not in the file */
	uint64_t written;   /* bytes that are */
	int fd;             /* -1 until there is a file */
	char *file;         /* owned: its temporary name */
	struct batch_entry *entries;
	size_t count, cap;
	uint32_t *slots; /* hash of ids: 1 + index of the entry */
	size_t slot_count;
	int level; /* of compression */
	z_stream deflate;
	bool deflating; /* the stream was set up */
	bool broken;    /* the file could not be cut back */
	char *keep;     /* owned: path of the .keep file */
};

void batch_init(struct batch *b, struct os *os, const char *folder);
void batch_release(struct batch *b);
bool batch_has(const struct batch *b, const git_oid *id);
/* What an object of the batch is a delta of; itself when it is whole. Borrowed until the next is
 * added. */
const git_oid *batch_root(const struct batch *b, const git_oid *id);
/* Add an object; one that is in the batch already is not added twice. */
int batch_add(struct batch *b, git_object_t type, const void *data, size_t n, git_oid *ret,
	      struct err *err);
/* Add a deltified object: delta makes it from base, which must be in the batch, whole. */
int batch_add_delta(struct batch *b, const git_oid *id, const git_oid *base, const void *delta,
		    size_t n, struct err *err);
/* Add n bytes of an open file as a blob, never all of it in memory at once. */
int batch_add_file(struct batch *b, int fd, uint64_t from, uint64_t n, git_oid *ret,
		   struct err *err);
/* Make all of it durable as a pack; an empty batch writes nothing. ret_name (may be NULL):
 * "pack-<hex>". */
int batch_write(struct batch *b, char ret_name[46], struct err *err);
/* The refs are moved: git may repack it from now on. */
void batch_unkeep(struct batch *b);

#endif
