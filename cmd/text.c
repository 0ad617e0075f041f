/* SPDX-License-Identifier: MIT */
#include "text.h"

#include "../lib/base/buf.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

/* One character of UTF-8: its bytes (0 at the end), or 1 and U+FFFD for what is none. */
static size_t decode(const char *s, uint32_t *ret)
{
	const unsigned char *p = (const unsigned char *)s;
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = *p < 0x80 ? 1 : *p >> 5 == 6 ? 2 : *p >> 4 == 14 ? 3 : *p >> 3 == 30 ? 4 : 0;

	*ret = 0xFFFD;
	if (!*p)
		return 0;
	if (!n)
		return 1;
	uint32_t c = n == 1 ? *p : *p & (0x7Fu >> n);
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 1;
		c = c << 6 | (p[i] & 0x3Fu);
	}
	if ((n > 1 && c < smallest[n]) || c > 0x10FFFF || c >> 11 == 0x1B)
		return 1;
	*ret = c;
	return n;
}

static size_t columns_of(uint32_t c)
{
	int w = c < 0x80 ? 1 : wcwidth((wchar_t)c);

	return w < 0 ? 1 : (size_t)w;
}

size_t text_width(const char *text)
{
	size_t width = 0, n;
	uint32_t c;

	for (; (n = decode(text, &c)); text += n)
		width += columns_of(c);
	return width;
}

/* Controls of ASCII and Latin-1, and the marks that turn the direction of writing. */
static int steers(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFD || (c >= 0x202A && c <= 0x202E) ||
	       (c >= 0x2066 && c <= 0x2069);
}

size_t text_add(struct buf *out, const char *text, size_t columns)
{
	size_t used = 0, cut_len = out->len, cut_used = 0, n;
	uint32_t c;

	for (; (n = decode(text, &c)); text += n) {
		size_t w = steers(c) ? 1 : columns_of(c);

		if (used + 3 <= columns) {
			cut_len = out->len;
			cut_used = used;
		}
		if (used + w > columns) {
			size_t dots = columns - cut_used < 3 ? columns - cut_used : 3;

			if (out->data)
				out->data[out->len = cut_len] = '\0';
			buf_add(out, "...", dots);
			return cut_used + dots;
		}
		if (c == '\n' || c == '\t')
			buf_addc(out, ' ');
		else if (steers(c))
			buf_addc(out, '?');
		else
			buf_add(out, text, n);
		used += w;
	}
	return used;
}

void text_line(struct buf *out, const char *text)
{
	text_add(out, text, SIZE_MAX / 2);
}

void text_pad(struct buf *out, size_t n)
{
	while (n--)
		buf_addc(out, ' ');
}

void text_shell(struct buf *out, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";

	if (*word && strspn(word, plain) == strlen(word)) {
		buf_adds(out, word);
		return;
	}
	buf_addc(out, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			buf_adds(out, "'\\''");
		else
			buf_addc(out, *word);
	}
	buf_addc(out, '\'');
}
