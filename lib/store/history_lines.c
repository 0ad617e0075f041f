/* SPDX-License-Identifier: MIT */
#include "history_lines.h"

#include "../base/hash.h"
#include "../os/os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROOM (LINE_READ_MAX + 1)
#define CRC_MEMBER ",\"crc\":\""
#define CRC_TAIL (sizeof CRC_MEMBER - 1 + 8 + 2) /* ,"crc":"xxxxxxxx"} */

int lines_begin(struct lines *lines, struct os *os, int fd, uint64_t offset, unsigned long number)
{
	if (!lines->data)
		lines->data = malloc(ROOM);
	if (!lines->data)
		return -ENOMEM;
	lines->os = os;
	lines->fd = fd;
	lines->start = lines->len = 0;
	lines->base = offset;
	lines->number = number;
	lines->end_of_file = false;
	return 0;
}

int lines_again(struct lines *lines, struct os *os, int fd, uint64_t offset, unsigned long number)
{
	if (!lines->data || lines->fd != fd || offset < lines->base ||
	    offset > lines->base + lines->len)
		return lines_begin(lines, os, fd, offset, number);
	lines->start = (size_t)(offset - lines->base);
	lines->number = number;
	return 0;
}

void lines_release(struct lines *lines)
{
	free(lines->data);
	lines->data = NULL;
}

static int refill(struct lines *lines)
{
	ssize_t got;

	memmove(lines->data, lines->data + lines->start, lines->len - lines->start);
	lines->base += lines->start;
	lines->len -= lines->start;
	lines->start = 0;
	got = lines->os->ops->pread(lines->os, lines->fd, lines->data + lines->len,
				    ROOM - lines->len, lines->base + lines->len);
	if (got < 0)
		return (int)got;
	lines->end_of_file = (size_t)got < ROOM - lines->len;
	lines->len += (size_t)got;
	return 0;
}

/* Pass over empty lines, eight at a time where there are many. */
static void skip_newlines(struct lines *lines)
{
	static const char eight[8] = "\n\n\n\n\n\n\n\n";
	const char *at = lines->data + lines->start, *end = lines->data + lines->len;

	while (end - at >= 8 && memcmp(at, eight, 8) == 0)
		at += 8;
	while (at < end && *at == '\n')
		at++;
	lines->number += (unsigned long)(at - (lines->data + lines->start));
	lines->start = (size_t)(at - lines->data);
}

static int take(struct lines *lines, struct line *ret, size_t len, bool terminated, uint64_t offset,
		const char *problem)
{
	ret->text = lines->data + lines->start;
	ret->len = len;
	ret->offset = offset;
	lines->start += len + (terminated ? 1 : 0);
	ret->end = lines->base + lines->start;
	ret->number = ++lines->number;
	ret->problem = problem;
	return 1;
}

/* The rest of a line of which the buffer is full already. */
static int take_overlong(struct lines *lines, struct line *ret)
{
	uint64_t offset = lines->base + lines->start;

	for (;;) {
		char *newline = memchr(lines->data + lines->start, '\n', lines->len - lines->start);
		int rc;

		if (newline)
			return take(lines, ret, (size_t)(newline - (lines->data + lines->start)),
				    true, offset, "it is longer than 65536 bytes");
		if (lines->end_of_file)
			return take(lines, ret, lines->len - lines->start, false, offset,
				    "it is longer than 65536 bytes");
		lines->start = lines->len;
		rc = refill(lines);
		if (rc < 0)
			return rc;
	}
}

int lines_next(struct lines *lines, struct line *ret)
{
	for (;;) {
		size_t left;
		char *newline;
		int rc;

		skip_newlines(lines);
		left = lines->len - lines->start;
		newline = left ? memchr(lines->data + lines->start, '\n', left) : NULL;
		if (newline)
			return take(lines, ret, (size_t)(newline - (lines->data + lines->start)),
				    true, lines->base + lines->start, NULL);
		if (lines->end_of_file && left == 0)
			return 0;
		if (lines->end_of_file)
			return take(lines, ret, left, false, lines->base + lines->start,
				    "it has no newline at its end");
		if (left == ROOM)
			return take_overlong(lines, ret);
		rc = refill(lines);
		if (rc < 0)
			return rc;
	}
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool line_sound(const char *text, size_t n)
{
	const char *member = text + n - CRC_TAIL;
	uint32_t crc = 0;

	if (n < CRC_TAIL + 1 || memcmp(member, CRC_MEMBER, sizeof CRC_MEMBER - 1) != 0 ||
	    memcmp(text + n - 2, "\"}", 2) != 0)
		return false;
	for (int i = 0; i < 8; i++) {
		int digit = hex_digit(member[sizeof CRC_MEMBER - 1 + i]);

		if (digit < 0)
			return false;
		crc = crc << 4 | (uint32_t)digit;
	}
	return hash_crc32(text, n - CRC_TAIL) == crc;
}

uint64_t line_seq(const char *text, size_t n)
{
	static const char begin[] = "{\"seq\":";
	uint64_t seq = 0;

	if (n < sizeof begin || memcmp(text, begin, sizeof begin - 1) != 0)
		return 0;
	for (size_t i = sizeof begin - 1; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		seq = seq * 10 + (uint64_t)(text[i] - '0');
	return seq;
}

bool line_is_outcome(const char *text, size_t n)
{
	static const char member[] = "\"type\":\"step_";
	const char *at = memmem(text, n, member, sizeof member - 1);
	size_t left;

	if (!at || memmem(text, (size_t)(at - text), "\"type\":\"", sizeof "\"type\":\"" - 1))
		return false;
	at += sizeof member - 1;
	left = n - (size_t)(at - text);
	return (left > 10 && memcmp(at, "completed\"", 10) == 0) ||
	       (left > 7 && memcmp(at, "failed\"", 7) == 0);
}
