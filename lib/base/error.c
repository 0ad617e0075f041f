/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The length of text, cut at len, without a UTF-8 character that the cut halved. */
static size_t whole(const char *text, size_t len)
{
	size_t start = len, need;
	unsigned char lead;

	while (start > 0 && len - start < 3 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0 || (unsigned char)text[start - 1] < 0xc0)
		return len;
	lead = (unsigned char)text[--start];
	need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
	return len - start < need ? start : len;
}

/* Append what fits of more to text, which holds len bytes; returns the new length. */
static size_t append(char *text, size_t size, size_t len, const char *more)
{
	size_t n = strlen(more);

	if (len + n >= size)
		n = whole(more, size - 1 - len);
	memcpy(text + len, more, n);
	text[len + n] = '\0';
	return len + n;
}

/* vsnprintf that cuts between characters; returns the length. */
static size_t format_text(char *text, size_t size, const char *format, va_list ap)
{
	int n = vsnprintf(text, size, format, ap);
	size_t len = n < 0 ? 0 : (size_t)n;

	if (len >= size)
		len = whole(text, size - 1);
	text[len] = '\0';
	return len;
}

int err_set(struct err *err, int code, const char *format, ...)
{
	va_list ap;

	if (!err)
		return -code;
	if (err->code)
		return -err->code;
	va_start(ap, format);
	format_text(err->text, sizeof err->text, format, ap);
	va_end(ap);
	err->code = code;
	err->sys = 0;
	return -code;
}

int err_sys(struct err *err, int sys, const char *format, ...)
{
	int code = sys == ENOMEM ? ERR_NOMEM : ERR_SYSTEM;
	char scratch[128];
	va_list ap;
	size_t len;

	if (!err)
		return -code;
	if (err->code)
		return -err->code;
	va_start(ap, format);
	len = format_text(err->text, sizeof err->text, format, ap);
	va_end(ap);
	len = append(err->text, sizeof err->text, len, ": ");
	append(err->text, sizeof err->text, len, strerror_r(sys, scratch, sizeof scratch));
	err->code = code;
	err->sys = sys;
	return -code;
}

int err_context(struct err *err, const char *format, ...)
{
	char old[sizeof err->text];
	va_list ap;
	size_t len;

	if (!err || !err->code)
		return 0;
	memcpy(old, err->text, sizeof old);
	va_start(ap, format);
	len = format_text(err->text, sizeof err->text, format, ap);
	va_end(ap);
	len = append(err->text, sizeof err->text, len, ": ");
	append(err->text, sizeof err->text, len, old);
	return -err->code;
}

int err_nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "out of memory");
}

void err_clear(struct err *err)
{
	err->code = 0;
	err->sys = 0;
	err->text[0] = '\0';
}
