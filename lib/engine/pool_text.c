/* SPDX-License-Identifier: MIT */
#include "pool_text.h"

#include "../base/buf.h"
#include "../base/str.h"

#include <stdint.h>
#include <string.h>

#define MESSAGE_BYTES 65536
#define DETAILS_BYTES (1024 * 1024)
#define DEPTH 1000 /* half of what jansson reads, for what is put around it */
#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the UTF-8 character at s (n > 0 bytes left), 0 when there is none. */
static size_t character(const unsigned char *s, size_t n)
{
	size_t length = s[0] < 0x80   ? 1
			: s[0] < 0xc2 ? 0
			: s[0] < 0xe0 ? 2
			: s[0] < 0xf0 ? 3
			: s[0] < 0xf5 ? 4
				      : 0;

	if (length > n)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (length == 3 && ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f)))
		return 0;
	if (length == 4 && ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f)))
		return 0;
	return length;
}

static bool plain(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static void add_escaped(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		buf_add(out, "\\\"", 2);
		return;
	case '\\':
		buf_add(out, "\\\\", 2);
		return;
	case '\n':
		buf_add(out, "\\n", 2);
		return;
	case '\r':
		buf_add(out, "\\r", 2);
		return;
	case '\t':
		buf_add(out, "\\t", 2);
		return;
	case '\0':
		buf_adds(out, REPLACEMENT);
		return;
	default:
		buf_addf(out, "\\u%04x", c);
	}
}

void text_add_string(struct buf *out, const char *bytes, size_t n)
{
	const unsigned char *s = (const unsigned char *)bytes, *end = s + n;

	buf_addc(out, '"');
	while (s < end) {
		const unsigned char *from = s;
		while (s < end && plain(*s))
			s++;
		buf_add(out, from, (size_t)(s - from));
		if (s == end)
			break;
		if (*s < 0x80) {
			add_escaped(out, *s++);
			continue;
		}
		size_t length = character(s, (size_t)(end - s));
		if (length)
			buf_add(out, s, length);
		else
			buf_adds(out, REPLACEMENT);
		s += length ? length : 1;
	}
	buf_addc(out, '"');
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t text_begin(const char *bytes, size_t n)
{
	size_t at = 0;

	while (at < n && at < 3 && continues(bytes[at]))
		at++;
	return at;
}

size_t text_end(const char *bytes, size_t n)
{
	for (size_t back = 1; back <= 3 && back <= n; back++) {
		unsigned char c = (unsigned char)bytes[n - back];
		size_t length = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 1;
		if (!continues((char)c))
			return length > back ? n - back : n;
	}
	return n;
}

void text_add_failure(struct buf *out, const char *type, const char *message, bool permanent,
		      const char *details, size_t details_len)
{
	size_t n = strlen(message);

	buf_adds(out, "{\"type\":");
	text_add_string(out, type, strlen(type));
	buf_adds(out, ",\"message\":");
	text_add_string(out, message, n > MESSAGE_BYTES ? text_end(message, MESSAGE_BYTES) : n);
	if (permanent)
		buf_adds(out, ",\"permanent\":true");
	if (details && details_len <= DETAILS_BYTES) {
		buf_adds(out, ",\"details\":");
		buf_add(out, details, details_len);
	}
	buf_addc(out, '}');
}

/* Whether value nests deeper than a reader of the history would follow. */
static bool deeper(const json_t *value, int limit)
{
	json_t *object, *item;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach (value, i, item)
			if (limit == 0 || deeper(item, limit - 1))
				return true;
	} else if (json_is_object(value)) {
		object = (json_t *)(uintptr_t)value;
		for (void *at = json_object_iter(object); at;
		     at = json_object_iter_next(object, at))
			if (limit == 0 || deeper(json_object_iter_value(at), limit - 1))
				return true;
	}
	return false;
}

/* Whether all text in value is UTF-8; value does not nest deeply. */
static bool is_text(const json_t *value)
{
	json_t *object, *item;
	const char *name;
	size_t i;

	if (json_is_string(value))
		return str_utf8(json_string_value(value), json_string_length(value));
	if (json_is_array(value)) {
		json_array_foreach (value, i, item)
			if (!is_text(item))
				return false;
	} else if (json_is_object(value)) {
		object = (json_t *)(uintptr_t)value;
		json_object_foreach (object, name, item)
			if (!str_utf8(name, strlen(name)) || !is_text(item))
				return false;
	}
	return true;
}

struct sink {
	struct buf *out;
	size_t size, max;
};

static int take(const char *data, size_t n, void *arg)
{
	struct sink *sink = arg;

	sink->size += n;
	if (!sink->max || sink->size <= sink->max)
		buf_add(sink->out, data, n);
	return 0;
}

int text_add_json(struct buf *out, const json_t *value, size_t max, size_t *ret_size)
{
	struct sink sink = {.out = out, .max = max};
	size_t before = out->len;

	if (deeper(value, DEPTH))
		return -1;
	if (json_dump_callback(value, take, &sink, JSON_COMPACT | JSON_ENCODE_ANY) < 0) {
		out->len = before;
		out->failed |= is_text(value); /* jansson had no memory */
		if (!out->failed)
			return -1;
	}
	*ret_size = sink.size;
	if (!max || sink.size <= max)
		return 0;
	out->len = before;
	return 1;
}
