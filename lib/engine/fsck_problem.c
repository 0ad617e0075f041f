/* SPDX-License-Identifier: MIT */
#include "fsck_internal.h"

#include "../base/buf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ADVICE "; run 'wf fsck --repair'"

static void put(struct problems *problems, bool damage, enum fix fix, const char *file, char *text)
{
	struct problem *p;

	if (problems->count == problems->size) {
		size_t size = problems->size ? 2 * problems->size : 8;
		struct problem *list = reallocarray(problems->list, size, sizeof *list);

		if (list) {
			problems->list = list;
			problems->size = size;
		}
	}
	if (!text || problems->count == problems->size) {
		problems->failed = true;
		free(text);
		return;
	}
	p = &problems->list[problems->count++];
	*p = (struct problem){damage, fix, file ? strdup(file) : NULL, text};
	if (file && !p->file)
		problems->failed = true;
}

void problem_add(struct problems *problems, bool damage, enum fix fix, const char *file,
		 const char *format, ...)
{
	struct buf text = BUF_INIT;
	va_list ap;

	va_start(ap, format);
	buf_addv(&text, format, ap);
	va_end(ap);
	put(problems, damage, fix, file, buf_detach(&text));
}

void problem_add_err(struct problems *problems, enum fix fix, const char *file,
		     const struct err *why)
{
	const char *advice = strstr(why->text, ADVICE);

	if (why->code == ERR_NOMEM)
		problems->failed = true;
	else
		problem_add(problems, true, fix, file, "%.*s",
			    advice ? (int)(advice - why->text) : (int)strlen(why->text), why->text);
}

bool problems_have(const struct problems *problems, enum fix fix)
{
	for (size_t i = 0; i < problems->count; i++)
		if (problems->list[i].fix == fix)
			return true;
	return false;
}

const struct problem *problem_find(const struct problems *problems, const char *text)
{
	for (size_t i = 0; i < problems->count; i++)
		if (strcmp(problems->list[i].text, text) == 0)
			return &problems->list[i];
	return NULL;
}

void problems_release(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free(problems->list[i].file);
		free(problems->list[i].text);
	}
	free(problems->list);
	*problems = (struct problems){NULL, 0, 0, false};
}

static int by_text(const void *a, const void *b)
{
	const struct problem *const *x = a, *const *y = b;

	return strcmp((*x)->text, (*y)->text);
}

/* There may be a million of both. */
static void report_repaired(struct fsck *f, const char *run, const struct problems *before,
			    const struct problems *after)
{
	const struct problem **left = reallocarray(NULL, after->count + 1,
						   sizeof(struct problem *));

	for (size_t i = 0; left && i < after->count; i++)
		left[i] = &after->list[i];
	if (left)
		qsort(left, after->count, sizeof(struct problem *), by_text);
	for (size_t i = 0; i < before->count; i++) {
		const struct problem *p = &before->list[i];

		if (left ? !bsearch(&p, left, after->count, sizeof(struct problem *), by_text)
			 : !problem_find(after, p->text))
			f->finding(f->arg, run, "repaired", p->text);
	}
	free(left);
}

void problems_report(struct fsck *f, const char *run, const struct problems *before,
		     const struct problems *after)
{
	if (before != after)
		report_repaired(f, run, before, after);
	for (size_t i = 0; i < after->count; i++) {
		const struct problem *p = &after->list[i];

		f->finding(f->arg, run, p->damage ? "damage" : "note", p->text);
		f->left += p->damage;
	}
}
