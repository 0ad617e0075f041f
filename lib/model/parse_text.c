/* SPDX-License-Identifier: MIT */
/* The texts and numbers of parse.h. */
#include "parse_internal.h"

#include "../base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static int wrong(struct parser *parser, const char *problem)
{
	parser->problem = problem;
	return -1;
}

/* The four hexadecimal digits behind "\u" at p, or -1. */
static int32_t hex4(const struct parser *parser, const unsigned char *p)
{
	int32_t code = 0;

	if (parser->end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (int i = 2; i < 6; i++) {
		unsigned char c = p[i];

		if (c >= '0' && c <= '9')
			code = code << 4 | (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			code = code << 4 | ((c | 0x20) - 'a' + 10);
		else
			return -1;
	}
	return code;
}

static void add_utf8(struct buf *b, int32_t code)
{
	if (code < 0x80) {
		buf_addc(b, (char)code);
	} else if (code < 0x800) {
		buf_addc(b, (char)(0xc0 | code >> 6));
		buf_addc(b, (char)(0x80 | (code & 0x3f)));
	} else {
		if (code < 0x10000) {
			buf_addc(b, (char)(0xe0 | code >> 12));
		} else {
			buf_addc(b, (char)(0xf0 | code >> 18));
			buf_addc(b, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_addc(b, (char)(0x80 | (code >> 6 & 0x3f)));
		buf_addc(b, (char)(0x80 | (code & 0x3f)));
	}
}

/* "\uXXXX" at p, or two of them that make one character. */
static int unescape_code(struct parser *parser)
{
	int32_t code = hex4(parser, parser->p), low;

	if (code < 0)
		return wrong(parser, "an escape that is none");
	if (code >= 0xdc00 && code <= 0xdfff)
		return wrong(parser, "half a character");
	if (code >= 0xd800 && code <= 0xdbff) {
		low = hex4(parser, parser->p + 6);
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(parser, "half a character");
		code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
		parser->p += 6;
	}
	parser->p += 6;
	add_utf8(&parser->scratch, code);
	return 0;
}

static int unescape(struct parser *parser)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (parser->end - parser->p < 2)
		return wrong(parser, "a text without an end");
	if (parser->p[1] == 'u')
		return unescape_code(parser);
	found = memchr(from, parser->p[1], sizeof from - 1);
	if (!found)
		return wrong(parser, "an escape that is none");
	buf_addc(&parser->scratch, to[found - from]);
	parser->p += 2;
	return 0;
}

/* Move p to the next quote, backslash or control character; 0 when all before it is well-formed. */
static int plain_text(struct parser *parser)
{
	const unsigned char *start = parser->p, *p = start;
	unsigned char high = 0;

	while (p < parser->end && *p >= ' ' && *p != '"' && *p != '\\')
		high |= *p++;
	if (high >= 0x80 && !str_utf8((const char *)start, (size_t)(p - start)))
		return wrong(parser, "a text that is not UTF-8");
	parser->p = p;
	if (p == parser->end)
		return wrong(parser, "a text without an end");
	if (*p < ' ')
		return wrong(parser, "a control character in a text");
	return 0;
}

int parse_string(struct parser *parser, const char **ret, size_t *ret_n)
{
	const unsigned char *start = ++parser->p;

	if (plain_text(parser) < 0)
		return -1;
	if (*parser->p == '"') {
		*ret = (const char *)start;
		*ret_n = (size_t)(parser->p++ - start);
		return 0;
	}
	buf_clear(&parser->scratch);
	buf_add(&parser->scratch, start, (size_t)(parser->p - start));
	while (*parser->p == '\\') {
		if (unescape(parser) < 0)
			return -1;
		start = parser->p;
		if (plain_text(parser) < 0)
			return -1;
		buf_add(&parser->scratch, start, (size_t)(parser->p - start));
	}
	if (!buf_ok(&parser->scratch))
		return -1;
	parser->p++;
	*ret = parser->scratch.data;
	*ret_n = parser->scratch.len;
	return 0;
}

static const unsigned char *skip_digits(const struct parser *parser, const unsigned char *p)
{
	while (p < parser->end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

/* The end of the number at p, by JSON's grammar; NULL when it is none. */
static const unsigned char *number_end(const struct parser *parser, bool *ret_real)
{
	const unsigned char *p = parser->p, *digits;

	p += *p == '-';
	digits = p;
	p = skip_digits(parser, p);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return NULL;
	*ret_real = p < parser->end && (*p == '.' || *p == 'e' || *p == 'E');
	if (p < parser->end && *p == '.') {
		digits = ++p;
		p = skip_digits(parser, p);
		if (p == digits)
			return NULL;
	}
	if (p < parser->end && (*p == 'e' || *p == 'E')) {
		p++;
		p += p < parser->end && (*p == '+' || *p == '-');
		digits = p;
		p = skip_digits(parser, p);
		if (p == digits)
			return NULL;
	}
	return p;
}

/* By jansson: where the decimal point is a matter of locale, one place to know it is enough. */
static json_t *real(struct parser *parser, const unsigned char *end)
{
	json_error_t why = {0};
	json_t *value = json_loadb((const char *)parser->p, (size_t)(end - parser->p),
				   JSON_DECODE_ANY, &why);

	if (!value && json_error_code(&why) == json_error_numeric_overflow)
		parser->problem = "a number that is too large";
	else if (value)
		parser->p = end;
	return value;
}

json_t *parse_number(struct parser *parser)
{
	bool is_real = false, negative = *parser->p == '-';
	const unsigned char *end = number_end(parser, &is_real), *p = parser->p + negative;
	json_int_t n = 0;

	if (!end) {
		wrong(parser, "a number that is none");
		return NULL;
	}
	if (is_real)
		return real(parser, end);
	for (; p < end; p++) {
		int digit = *p - '0';

		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, negative ? -digit : digit, &n)) {
			wrong(parser, "a number that is too large");
			return NULL;
		}
	}
	parser->p = end;
	return json_integer(n);
}
