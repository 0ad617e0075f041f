/* SPDX-License-Identifier: MIT */
#include "str.h"

#include "buf.h"

#include <stdarg.h>
#include <string.h>

#define ID_MAX 200
#define QUOTE_MAX 80

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && memcmp(s + n - m, suffix, m) == 0;
}

/* Length of the well-formed UTF-8 character at s, of which n bytes are there; 0 when it is none. */
static size_t utf8_length(const unsigned char *s, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		length = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		length = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		length = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0; /* shorter forms exist */
	else if (s[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (n < length || s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool str_utf8(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;

	while (n > 0) {
		size_t length = utf8_length(p, n);

		if (length == 0)
			return false;
		p += length;
		n -= length;
	}
	return true;
}

char *str_format(const char *format, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, format);
	buf_addv(&b, format, ap);
	va_end(ap);
	return buf_detach(&b);
}

static bool id_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._+=@-", c) != NULL);
}

static const char *id_char_problem(const char *s)
{
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (id_char(*p))
			continue;
		if (*p == '/')
			return "holds a '/'";
		if (*p == ' ')
			return "holds a space";
		if (*p < ' ' || *p == 0x7f)
			return "holds a control character";
		if (*p >= 0x80)
			return "holds a character that is not ASCII";
		return "holds a character other than letters, digits and ._+=@-";
	}
	return NULL;
}

const char *str_id_problem(const char *s)
{
	size_t n = strlen(s);

	if (n == 0)
		return "is empty";
	if (n > ID_MAX)
		return "is longer than 200 bytes";
	if (s[0] == '.')
		return "begins with '.'";
	if (s[0] == '-')
		return "begins with '-'";
	if (strstr(s, ".."))
		return "holds '..'";
	if (s[n - 1] == '.')
		return "ends in '.'";
	if (str_ends(s, ".lock"))
		return "ends in '.lock'";
	/* a git ref may neither be "@" nor hold "@{"; the latter's brace is refused below */
	if (strcmp(s, "@") == 0)
		return "is '@'";
	return id_char_problem(s);
}

static void quote_byte(struct buf *b, unsigned char c)
{
	switch (c) {
	case '\n':
		buf_adds(b, "\\n");
		break;
	case '\t':
		buf_adds(b, "\\t");
		break;
	case '\r':
		buf_adds(b, "\\r");
		break;
	default:
		buf_addf(b, "\\x%02x", c);
	}
}

char *str_quote(const char *s, size_t n)
{
	const unsigned char *p = (const unsigned char *)s;
	struct buf b = BUF_INIT;
	size_t taken = 0;

	buf_addc(&b, '\'');
	while (taken < n) {
		size_t length = utf8_length(p + taken, n - taken);
		/* C1 controls are two bytes long in UTF-8 and move a terminal's cursor too */
		bool c1 = length == 2 && p[taken] == 0xc2 && p[taken + 1] < 0xa0;

		if (taken + (length ? length : 1) > QUOTE_MAX)
			break;
		if (length == 0 || c1 || p[taken] < ' ' || p[taken] == 0x7f) {
			quote_byte(&b, p[taken]);
			if (c1)
				quote_byte(&b, p[taken + 1]);
		} else {
			buf_add(&b, p + taken, length);
		}
		taken += length ? length : 1;
	}
	buf_adds(&b, taken < n ? "'..." : "'");
	return buf_detach(&b);
}
