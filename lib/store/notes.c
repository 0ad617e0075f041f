/* SPDX-License-Identifier: MIT */
#include "notes.h"

#include "../base/buf.h"
#include "../base/error.h"

#include <stdlib.h>
#include <string.h>

enum { NOTE_MAX = 300, SUBJECT_PART = 60 };

/* Cut between characters, not within one. */
static size_t cut(const char *text, size_t n, size_t limit)
{
	if (n <= limit)
		return n;
	while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

static char *clean(const char *text, size_t n)
{
	size_t kept = cut(text, n, NOTE_MAX);
	char *line = malloc(kept + 4);

	if (!line)
		return NULL;
	for (size_t i = 0; i < kept; i++)
		line[i] = (unsigned char)text[i] < ' ' || text[i] == 127 ? ' ' : text[i];
	memcpy(line + kept, kept < n ? "…" : "", kept < n ? 4 : 1);
	return line;
}

/* Where line number n is kept. */
static char **slot(struct notes *notes, uint64_t n)
{
	return n < NOTES_FIRST ? &notes->first[n] : &notes->last[n % NOTES_LAST];
}

static void append(struct notes *notes, char *line)
{
	char **place = slot(notes, notes->count++);

	free(*place);
	*place = line;
}

int notes_add(struct notes *notes, const char *text, size_t n, struct err *err)
{
	char *line = clean(text, n);

	if (!line)
		return err_nomem(err);
	append(notes, line);
	return 0;
}

void notes_join(struct notes *notes, struct notes *more)
{
	uint64_t tail = more->count > NOTES_FIRST + NOTES_LAST ? more->count - NOTES_LAST
							       : NOTES_FIRST;

	for (uint64_t i = 0; i < more->count; i++) {
		if (i == NOTES_FIRST && tail > i) {
			notes_skip(notes, tail - i);
			i = tail;
		}
		append(notes, *slot(more, i));
		*slot(more, i) = NULL;
	}
	notes_release(more);
}

void notes_skip(struct notes *notes, uint64_t count)
{
	notes->count += count;
}

int64_t notes_each(const struct notes *notes, json_t *array)
{
	uint64_t tail = notes->count > NOTES_FIRST + NOTES_LAST ? notes->count - NOTES_LAST
								: NOTES_FIRST;

	for (uint64_t i = 0; i < notes->count; i++) {
		if (i == NOTES_FIRST)
			i = tail;
		json_array_append_new(array,
				      json_string(*slot((struct notes *)(uintptr_t)notes, i)));
	}
	return (int64_t)(tail - NOTES_FIRST);
}

static const char *last_note(const struct notes *notes)
{
	if (notes->count <= NOTES_FIRST)
		return notes->first[notes->count - 1];
	return notes->last[(notes->count - 1) % NOTES_LAST];
}

static void add_part(struct buf *out, const char *text)
{
	size_t n = text ? strlen(text) : 0, kept = text ? cut(text, n, SUBJECT_PART) : 0;

	buf_add(out, text ? text : "", kept);
	if (kept < n)
		buf_adds(out, "…");
}

static void add_body(const struct notes *notes, struct buf *out)
{
	uint64_t tail = notes->count > NOTES_FIRST + NOTES_LAST ? notes->count - NOTES_LAST
								: NOTES_FIRST;

	for (uint64_t i = 0; i < notes->count && i < NOTES_FIRST; i++)
		if (notes->first[i])
			buf_addf(out, "%s\n", notes->first[i]);
	if (tail > NOTES_FIRST)
		buf_addf(out, "… and %llu more …\n", (unsigned long long)(tail - NOTES_FIRST));
	for (uint64_t i = tail; i < notes->count; i++)
		if (notes->last[i % NOTES_LAST])
			buf_addf(out, "%s\n", notes->last[i % NOTES_LAST]);
}

void notes_message(const struct notes *notes, uint64_t seq, struct buf *out)
{
	if (notes->count == 0) {
		buf_addf(out, "checkpoint at event %llu\n", (unsigned long long)seq);
	} else if (notes->count == 1) {
		buf_addf(out, "%s\n", notes->first[0] ? notes->first[0] : "checkpoint");
	} else {
		buf_addf(out, "%llu checkpoints: ", (unsigned long long)notes->count);
		add_part(out, notes->first[0]);
		buf_adds(out, " … ");
		add_part(out, last_note(notes));
		buf_adds(out, "\n\n");
		add_body(notes, out);
	}
}

void notes_release(struct notes *notes)
{
	for (int i = 0; i < NOTES_FIRST; i++)
		free(notes->first[i]);
	for (int i = 0; i < NOTES_LAST; i++)
		free(notes->last[i]);
	*notes = (struct notes){0};
}
