/* SPDX-License-Identifier: MIT */
#include "git_index.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"
#include "git_batch.h"

#include <errno.h>
#include <fcntl.h>
#include <sha1.h>
#include <stdlib.h>

static void add32(struct buf *b, uint32_t n)
{
	unsigned char c[4] = {(unsigned char)(n >> 24), (unsigned char)(n >> 16),
			      (unsigned char)(n >> 8), (unsigned char)n};

	buf_add(b, c, sizeof c);
}

static int by_id(const void *a, const void *b)
{
	return git_oid_cmp(&((const struct batch_entry *)a)->id,
			   &((const struct batch_entry *)b)->id);
}

static void fan_out(struct buf *out, const struct batch_entry *entries, size_t count)
{
	size_t i = 0;

	for (unsigned first = 0; first < 256; first++) {
		while (i < count && entries[i].id.id[0] <= first)
			i++;
		add32(out, (uint32_t)i);
	}
}

/* Offsets of 2 GiB and more are kept in a table of their own. */
static void offsets(struct buf *out, const struct batch_entry *entries, size_t count)
{
	uint32_t large = 0;

	for (size_t i = 0; i < count; i++)
		add32(out, entries[i].offset < 1u << 31 ? (uint32_t)entries[i].offset
							: 1u << 31 | large++);
	for (size_t i = 0; i < count; i++)
		if (entries[i].offset >= 1u << 31) {
			add32(out, (uint32_t)(entries[i].offset >> 32));
			add32(out, (uint32_t)entries[i].offset);
		}
}

static int encode(struct buf *out, struct batch_entry *entries, size_t count,
		  const unsigned char pack_sum[20], struct err *err)
{
	unsigned char sum[20];
	SHA1_CTX hash;

	qsort(entries, count, sizeof *entries, by_id);
	buf_add(out, "\377tOc\0\0\0\2", 8);
	fan_out(out, entries, count);
	for (size_t i = 0; i < count; i++)
		buf_add(out, entries[i].id.id, 20);
	for (size_t i = 0; i < count; i++)
		add32(out, entries[i].crc);
	offsets(out, entries, count);
	buf_add(out, pack_sum, 20);
	if (!buf_ok(out))
		return err_nomem(err);
	SHA1Init(&hash);
	SHA1Update(&hash, (uint8_t *)out->data, out->len);
	SHA1Final(sum, &hash);
	buf_add(out, sum, sizeof sum);
	return buf_ok(out) ? 0 : err_nomem(err);
}

static int write_file(struct os *os, const char *path, const struct buf *data, bool sync,
		      struct err *err)
{
	int fd;
	ssize_t n;

	os->ops->unlink(os, path); /* one of the same content, which is read-only */
	n = fd = os->ops->open(os, path, O_WRONLY | O_CREAT | O_EXCL, 0444);
	if (fd < 0)
		return err_sys(err, -fd, "cannot make '%s'", path);
	if (data->len)
		n = os->ops->pwrite(os, fd, data->data, data->len, 0);
	if (n >= 0 && sync)
		n = os->ops->datasync(os, fd);
	os->ops->close(os, fd);
	return n < 0 ? err_sys(err, (int)-n, "cannot write '%s'", path) : 0;
}

static int move(struct os *os, const char *from, const char *to, struct err *err)
{
	int rc = os->ops->rename(os, from, to);

	return rc < 0 ? err_sys(err, -rc, "cannot rename '%s' to '%s'", from, to) : 0;
}

int git_index_publish(struct os *os, const char *folder, const char *name, const char *file,
		      struct batch_entry *entries, size_t count, const unsigned char pack_sum[20],
		      struct err *err)
{
	struct buf index = BUF_INIT, mark = {(char *)(uintptr_t) "wf\n", 3, 0, false};
	char *idx = str_format("%s/objects/pack/%s.idx", folder, name);
	char *pack = str_format("%s/objects/pack/%s.pack", folder, name),
	     *packs = str_format("%s/objects/pack", folder);
	char *keep = str_format("%s/objects/pack/%s.keep", folder, name),
	     *tmp = str_format("%s.idx", file);
	int rc;

	if (!idx || !pack || !packs || !keep || !tmp)
		rc = err_nomem(err);
	else if (!(rc = encode(&index, entries, count, pack_sum, err)) &&
		 !(rc = write_file(os, tmp, &index, true, err)) &&
		 !(rc = write_file(os, keep, &mark, false, err)) &&
		 !(rc = move(os, file, pack, err)) && !(rc = move(os, tmp, idx, err))) {
		rc = os->ops->sync_dir(os, packs);
		if (rc < 0)
			rc = err_sys(err, -rc, "cannot sync '%s'", packs);
	}
	if (rc < 0 && tmp)
		os->ops->unlink(os, tmp);
	buf_release(&index);
	free(idx);
	free(pack);
	free(packs);
	free(keep);
	free(tmp);
	return rc;
}
