/* SPDX-License-Identifier: MIT */
#include "git_batch.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_index.h"

#include <errno.h>
#include <fcntl.h>
#include <sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER = 12, SPILL = 1 << 20, PIECE = 65536, LEVEL = 1 };

void batch_init(struct batch *b, struct os *os, const char *folder)
{
	*b = (struct batch){.os = os, .folder = folder, .fd = -1, .level = LEVEL};
}

void batch_unkeep(struct batch *b)
{
	if (b->keep)
		b->os->ops->unlink(b->os, b->keep);
	free(b->keep);
	b->keep = NULL;
}

void batch_release(struct batch *b)
{
	batch_unkeep(b);
	if (b->fd >= 0)
		b->os->ops->close(b->os, b->fd);
	if (b->file)
		b->os->ops->unlink(b->os, b->file);
	if (b->deflating)
		deflateEnd(&b->deflate);
	free(b->file);
	free(b->entries);
	free(b->slots);
	buf_release(&b->out);
	batch_init(b, b->os, b->folder);
}

static size_t slot_of(const struct batch *b, const git_oid *id)
{
	uint64_t key;

	memcpy(&key, id->id, sizeof key);
	for (size_t i = key & (b->slot_count - 1);; i = (i + 1) & (b->slot_count - 1))
		if (!b->slots[i] || git_oid_equal(&b->entries[b->slots[i] - 1].id, id))
			return i;
}

static const struct batch_entry *find(const struct batch *b, const git_oid *id)
{
	uint32_t slot = b->slot_count ? b->slots[slot_of(b, id)] : 0;

	return slot ? &b->entries[slot - 1] : NULL;
}

bool batch_has(const struct batch *b, const git_oid *id)
{
	return find(b, id) != NULL;
}

const git_oid *batch_root(const struct batch *b, const git_oid *id)
{
	return &b->entries[find(b, id)->root].id;
}

static int grow(struct batch *b, struct err *err)
{
	size_t cap = b->cap ? b->cap * 2 : 64;
	struct batch_entry *entries = realloc(b->entries, cap * sizeof *entries);
	uint32_t *slots;

	if (!entries)
		return err_nomem(err);
	b->entries = entries;
	slots = calloc(cap * 2, sizeof *slots);
	if (!slots)
		return err_nomem(err);
	free(b->slots);
	b->slots = slots;
	b->slot_count = cap * 2;
	b->cap = cap;
	for (size_t i = 0; i < b->count; i++)
		b->slots[slot_of(b, &b->entries[i].id)] = (uint32_t)i + 1;
	return 0;
}

static int spill(struct batch *b, struct err *err)
{
	ssize_t n;

	if (b->fd < 0) {
		if (!b->file)
			b->file = str_format("%s/wf/pack-%ld-%llx", b->folder, (long)getpid(),
					     (unsigned long long)b->os->ops->monotonic(b->os));
		if (!b->file)
			return err_nomem(err);
		b->fd = b->os->ops->open(b->os, b->file, O_RDWR | O_CREAT | O_EXCL, 0444);
		if (b->fd < 0)
			return err_sys(err, -b->fd, "cannot make '%s'", b->file);
	}
	n = b->os->ops->pwrite(b->os, b->fd, b->out.data, b->out.len, b->written);
	if (n < 0)
		return err_sys(err, (int)-n, "cannot write '%s'", b->file);
	b->written += b->out.len;
	buf_clear(&b->out);
	return 0;
}

/* Deflate some input into out; last: end the stream. */
static int deflate_piece(struct batch *b, const void *data, size_t n, bool last, struct err *err)
{
	z_stream *z = &b->deflate;
	int status;

	z->next_in = (Bytef *)(uintptr_t)data;
	z->avail_in = (uInt)n;
	do {
		char *room = buf_reserve(&b->out, deflateBound(z, z->avail_in) + 64);

		if (!room)
			return err_nomem(err);
		z->next_out = (Bytef *)room;
		z->avail_out = (uInt)(b->out.cap - b->out.len - 1);
		status = deflate(z, last ? Z_FINISH : Z_NO_FLUSH);
		b->out.len = (size_t)((char *)z->next_out - b->out.data);
		if (status == Z_STREAM_ERROR)
			return err_set(err, ERR_SYSTEM, "cannot compress an object");
	} while (last ? status != Z_STREAM_END : z->avail_in > 0);
	b->out.data[b->out.len] = '\0';
	return 0;
}

static int begin(struct batch *b, unsigned type, uint64_t size, uint64_t *ret_offset,
		 struct err *err)
{
	static const char header[HEADER] = "PACK\0\0\0\2\0\0\0\0";
	unsigned char c = (unsigned char)(type << 4 | (size & 15));

	if (b->out.len > SPILL && spill(b, err) < 0)
		return -err->code;
	if (b->count == b->cap && grow(b, err) < 0)
		return -err->code;
	if (b->written + b->out.len == 0)
		buf_add(&b->out, header, sizeof header);
	*ret_offset = b->written + b->out.len;
	for (size >>= 4; size; size >>= 7) {
		buf_addc(&b->out, (char)(c | 0x80));
		c = size & 0x7f;
	}
	buf_addc(&b->out, (char)c);
	if (!b->deflating && deflateInit(&b->deflate, b->level) != Z_OK)
		return err_nomem(err);
	b->deflating = true;
	deflateReset(&b->deflate);
	return buf_ok(&b->out) ? 0 : err_nomem(err);
}

/* Forget the half of an object that could not be added. Returns the code in err. */
static int roll_back(struct batch *b, uint64_t offset, struct err *err)
{
	if (offset >= b->written) {
		b->out.len = offset - b->written;
	} else {
		b->broken = b->os->ops->truncate(b->os, b->fd, offset) < 0;
		b->written = offset;
		buf_clear(&b->out);
	}
	return -err->code;
}

static void end(struct batch *b, const git_oid *id, uint64_t offset, uint32_t crc, uint32_t root)
{
	b->entries[b->count] =
		(struct batch_entry){.id = *id, .crc = crc, .offset = offset, .root = root};
	b->slots[slot_of(b, id)] = (uint32_t)b->count + 1;
	b->count++;
}

/* A whole entry whose data is in memory. */
static int add_entry(struct batch *b, unsigned type, const git_oid *id,
		     const struct batch_entry *base, const void *data, size_t n, struct err *err)
{
	uint64_t offset, back, base_at = base ? base->offset : 0;
	uint32_t root = base ? (uint32_t)(base - b->entries) : (uint32_t)b->count;
	unsigned char digits[10];
	size_t at = sizeof digits - 1;

	if (begin(b, type, n, &offset, err) < 0)
		return -err->code;
	if (base) {
		back = offset - base_at;
		digits[at] = back & 0x7f;
		while (back >>= 7)
			digits[--at] = (unsigned char)(0x80 | (--back & 0x7f));
		buf_add(&b->out, digits + at, sizeof digits - at);
	}
	if (deflate_piece(b, data, n, true, err) < 0)
		return roll_back(b, offset, err);
	end(b, id, offset,
	    (uint32_t)crc32(0, (Bytef *)b->out.data + (offset - b->written),
			    (uInt)(b->out.len - (offset - b->written))),
	    root);
	return 0;
}

static void hash_begin(SHA1_CTX *hash, git_object_t type, uint64_t n)
{
	static const char *const names[] = {"", "commit", "tree", "blob", "tag"};
	char head[40];

	SHA1Init(hash);
	SHA1Update(
		hash, (uint8_t *)head,
		(size_t)snprintf(head, sizeof head, "%s %llu", names[type], (unsigned long long)n) +
			1);
}

int batch_add(struct batch *b, git_object_t type, const void *data, size_t n, git_oid *ret,
	      struct err *err)
{
	SHA1_CTX hash;
	git_oid id;

	hash_begin(&hash, type, n);
	SHA1Update(&hash, data, n);
	SHA1Final(id.id, &hash);
	if (!batch_has(b, &id) && add_entry(b, type, &id, NULL, data, n, err) < 0)
		return -err->code;
	*ret = id;
	return 0;
}

int batch_add_delta(struct batch *b, const git_oid *id, const git_oid *base, const void *delta,
		    size_t n, struct err *err)
{
	if (batch_has(b, id))
		return 0;
	return add_entry(b, 6, id, find(b, base), delta, n, err);
}

/* Read a file piece by piece; into the hash, and when offset is given, deflated. */
static int pass(struct batch *b, int fd, uint64_t from, uint64_t n, bool store, git_oid *ret,
		uint32_t *ret_crc, struct err *err)
{
	char *piece = malloc(PIECE);
	SHA1_CTX hash;
	int rc = 0;

	if (!piece)
		return err_nomem(err);
	hash_begin(&hash, GIT_OBJECT_BLOB, n);
	for (uint64_t done = 0; done < n && !rc;) {
		size_t want = n - done < PIECE ? (size_t)(n - done) : PIECE;
		ssize_t got = b->os->ops->pread(b->os, fd, piece, want, from + done);

		if (got < 0)
			rc = err_sys(err, (int)-got, "cannot read");
		else if ((size_t)got < want)
			rc = err_set(err, ERR_DAMAGED, "the file became shorter while it was read");
		else if (SHA1Update(&hash, (uint8_t *)piece, want), done += want, store) {
			size_t start = b->out.len;

			rc = deflate_piece(b, piece, want, done == n, err);
			if (!rc)
				*ret_crc = (uint32_t)crc32(*ret_crc, (Bytef *)b->out.data + start,
							   (uInt)(b->out.len - start));
			if (!rc && b->out.len > SPILL)
				rc = spill(b, err);
		}
	}
	SHA1Final(ret->id, &hash);
	free(piece);
	return rc;
}

int batch_add_file(struct batch *b, int fd, uint64_t from, uint64_t n, git_oid *ret,
		   struct err *err)
{
	git_oid id, again;
	uint64_t offset;
	uint32_t crc = 0;

	if (n == 0)
		return batch_add(b, GIT_OBJECT_BLOB, "", 0, ret, err);
	if (pass(b, fd, from, n, false, &id, NULL, err) < 0)
		return -err->code;
	if (!batch_has(b, &id)) {
		if (begin(b, GIT_OBJECT_BLOB, n, &offset, err) < 0)
			return -err->code;
		crc = (uint32_t)crc32(0, (Bytef *)b->out.data + (offset - b->written),
				      (uInt)(b->out.len - (offset - b->written)));
		if (pass(b, fd, from, n, true, &again, &crc, err) < 0)
			return roll_back(b, offset, err);
		if (!git_oid_equal(&id, &again)) {
			err_set(err, ERR_DAMAGED, "the file changed while it was read");
			return roll_back(b, offset, err);
		}
		end(b, &id, offset, crc, (uint32_t)b->count);
	}
	*ret = id;
	return 0;
}

static int hash_pack(struct batch *b, unsigned char ret[20], struct err *err)
{
	char *piece = malloc(PIECE);
	SHA1_CTX hash;
	ssize_t n;

	if (!piece)
		return err_nomem(err);
	SHA1Init(&hash);
	for (uint64_t at = 0; at < b->written; at += (size_t)n) {
		n = b->os->ops->pread(b->os, b->fd, piece, PIECE, at);
		if (n <= 0) {
			free(piece);
			return err_sys(err, n ? (int)-n : EIO, "cannot read '%s'", b->file);
		}
		SHA1Update(&hash, (uint8_t *)piece, (size_t)n);
	}
	free(piece);
	SHA1Update(&hash, (uint8_t *)b->out.data, b->out.len);
	SHA1Final(ret, &hash);
	return 0;
}

/* Count into the header, checksum at the end, everything into the file. */
static int seal(struct batch *b, unsigned char ret_sum[20], struct err *err)
{
	unsigned char count[4] = {(unsigned char)(b->count >> 24), (unsigned char)(b->count >> 16),
				  (unsigned char)(b->count >> 8), (unsigned char)b->count};

	if (b->written) {
		ssize_t n = b->os->ops->pwrite(b->os, b->fd, count, sizeof count, 8);

		if (n < 0)
			return err_sys(err, (int)-n, "cannot write '%s'", b->file);
	} else {
		memcpy(b->out.data + 8, count, sizeof count);
	}
	if (hash_pack(b, ret_sum, err) < 0)
		return -err->code;
	buf_add(&b->out, ret_sum, 20);
	if (!buf_ok(&b->out))
		return err_nomem(err);
	return spill(b, err);
}

int batch_write(struct batch *b, char ret_name[46], struct err *err)
{
	unsigned char sum[20];
	char name[46] = "pack-";
	int rc;

	if (!b->count)
		return 0;
	if (b->broken)
		return err_set(err, ERR_SYSTEM, "cannot write '%s'", b->file);
	if (seal(b, sum, err) < 0)
		return -err->code;
	for (int i = 0; i < 20; i++)
		sprintf(name + 5 + 2 * i, "%02x", sum[i]);
	rc = b->os->ops->datasync(b->os, b->fd);
	if (rc < 0)
		return err_sys(err, -rc, "cannot sync '%s'", b->file);
	b->keep = str_format("%s/objects/pack/%s.keep", b->folder, name);
	if (!b->keep)
		return err_nomem(err);
	if (git_index_publish(b->os, b->folder, name, b->file, b->entries, b->count, sum, err) < 0)
		return -err->code;
	free(b->file);
	b->file = NULL;
	if (ret_name)
		memcpy(ret_name, name, sizeof name);
	return 0;
}
