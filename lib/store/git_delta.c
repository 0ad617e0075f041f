/* SPDX-License-Identifier: MIT */
#include "git_delta.h"

#include "../base/buf.h"

#include <stdint.h>
#include <string.h>

enum { COPY_MAX = 0x10000, INSERT_MAX = 127, WORTH_COPYING = 8 };

static void add_size(struct buf *out, size_t n)
{
	for (; n > 0x7f; n >>= 7)
		buf_addc(out, (char)(n | 0x80));
	buf_addc(out, (char)n);
}

/* One instruction: its first byte says which bytes of offset and size follow. A size of 64 KiB is
 * written as 0. */
static void add_copy(struct buf *out, size_t offset, size_t size)
{
	unsigned char code[8], head = 0x80, n = 1;

	for (int i = 0; i < 4; i++)
		if (offset >> (8 * i) & 0xff) {
			head |= (unsigned char)(1 << i);
			code[n++] = (unsigned char)(offset >> (8 * i));
		}
	for (int i = 0; i < 2; i++)
		if (size != COPY_MAX && size >> (8 * i) & 0xff) {
			head |= (unsigned char)(16 << i);
			code[n++] = (unsigned char)(size >> (8 * i));
		}
	code[0] = head;
	buf_add(out, code, n);
}

static void copy(struct buf *out, size_t offset, size_t size)
{
	while (size > 0) {
		size_t part = size < COPY_MAX ? size : COPY_MAX;

		add_copy(out, offset, part);
		offset += part;
		size -= part;
	}
}

static void insert(struct buf *out, const char *data, size_t size)
{
	while (size > 0) {
		size_t part = size < INSERT_MAX ? size : INSERT_MAX;

		buf_addc(out, (char)part);
		buf_add(out, data, part);
		data += part;
		size -= part;
	}
}

static size_t shared_start(const char *a, const char *b, size_t most)
{
	size_t n = 0, block = 4096;

	while (n + block <= most && memcmp(a + n, b + n, block) == 0)
		n += block;
	while (n < most && a[n] == b[n])
		n++;
	return n;
}

static size_t shared_end(const char *a_end, const char *b_end, size_t most)
{
	size_t n = 0;

	while (n < most && a_end[-1 - (ptrdiff_t)n] == b_end[-1 - (ptrdiff_t)n])
		n++;
	return n;
}

void delta_make(struct buf *out, const void *from, size_t from_size, const void *to, size_t to_size)
{
	size_t most = from_size < to_size ? from_size : to_size;
	size_t start = shared_start(from, to, most);
	size_t end = shared_end((const char *)from + from_size, (const char *)to + to_size,
				most - start);

	if (start < WORTH_COPYING)
		start = 0;
	if (end < WORTH_COPYING)
		end = 0;
	add_size(out, from_size);
	add_size(out, to_size);
	copy(out, 0, start);
	insert(out, (const char *)to + start, to_size - start - end);
	copy(out, from_size - end, end);
}
