/* SPDX-License-Identifier: MIT */
#include "buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for n more bytes and a NUL. */
static bool grow(struct buf *b, size_t n)
{
	size_t cap = b->cap < 64 ? 64 : b->cap;
	char *data;

	if (b->failed)
		return false;
	if (n >= SIZE_MAX / 2 - b->len)
		goto fail;
	while (cap < b->len + n + 1)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		goto fail;
	b->data = data;
	b->cap = cap;
	return true;
fail:
	b->failed = true;
	return false;
}

static inline bool room(struct buf *b, size_t n)
{
	if (!b->failed && b->cap - b->len > n)
		return true;
	return grow(b, n);
}

char *buf_reserve(struct buf *b, size_t n)
{
	return room(b, n) ? b->data + b->len : NULL;
}

void buf_add(struct buf *b, const void *data, size_t n)
{
	if (!room(b, n))
		return;
	if (n)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_adds(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_addc(struct buf *b, char c)
{
	if (!room(b, 1))
		return;
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void buf_addv(struct buf *b, const char *format, va_list ap)
{
	va_list again;
	size_t left;
	int n;

	if (!room(b, 64))
		return;
	left = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(b->data + b->len, left, format, ap);
	if (n >= 0 && (size_t)n >= left) {
		b->data[b->len] = '\0';
		if (room(b, (size_t)n))
			vsnprintf(b->data + b->len, (size_t)n + 1, format, again);
	}
	va_end(again);
	if (n < 0) {
		b->data[b->len] = '\0';
		b->failed = true;
	}
	if (!b->failed)
		b->len += (size_t)n;
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	buf_addv(b, format, ap);
	va_end(ap);
}

void buf_addu(struct buf *b, unsigned long long n)
{
	char digits[24];
	char *p = digits + sizeof digits;

	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	buf_add(b, p, (size_t)(digits + sizeof digits - p));
}

void buf_addi(struct buf *b, long long n)
{
	if (n < 0)
		buf_addc(b, '-');
	buf_addu(b, n < 0 ? 0ULL - (unsigned long long)n : (unsigned long long)n);
}

void buf_consume(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	if (n > b->len)
		n = b->len;
	if (!b->data)
		return;
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
	b->data[b->len] = '\0';
}

bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->data)
		b->data[0] = '\0';
}

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf)BUF_INIT;
}

char *buf_detach(struct buf *b)
{
	char *data;

	buf_add(b, "", 0);
	data = b->data;
	if (b->failed) {
		free(data);
		data = NULL;
	}
	*b = (struct buf)BUF_INIT;
	return data;
}
