/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer. A failed allocation is remembered, later writes do
 * nothing, and the one check is at the end: buf_ok(). Always NUL-terminated
 * once something was added.
 */
#ifndef WF_BASE_BUF_H
#define WF_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len, cap;
	bool failed;
};

#define BUF_INIT \
	{ \
		NULL, 0, 0, false \
	}

/* Room for n more bytes (and a NUL); returns where they go, or NULL. */
char *buf_reserve(struct buf *b, size_t n);
void buf_add(struct buf *b, const void *data, size_t n);
void buf_adds(struct buf *b, const char *s);
void buf_addc(struct buf *b, char c);
void buf_addf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *b, const char *format, va_list ap);
void buf_addu(struct buf *b, unsigned long long n); /* decimal, fast */
void buf_addi(struct buf *b, long long n);
/* Drop the first n bytes. */
void buf_consume(struct buf *b, size_t n);
bool buf_ok(const struct buf *b);
void buf_clear(struct buf *b);   /* keeps the memory */
void buf_release(struct buf *b); /* frees it */
char *buf_detach(struct buf *b); /* new; NULL if a write failed; the buffer is empty again */

#endif
