/* SPDX-License-Identifier: MIT */
#include "mask.h"

#include "buf.h"

#include <stdlib.h>
#include <string.h>

struct mask_form {
	char *text, *label; /* owned */
	size_t n;
};

/* How somebody escapes the characters of a JSON string. */
enum style { STYLE_ASCII = 1, STYLE_SLASH = 2, STYLE_UPPER = 4, STYLES = 8 };

static void add_unit(struct buf *out, unsigned unit, int style)
{
	buf_addf(out, style & STYLE_UPPER ? "\\u%04X" : "\\u%04x", unit);
}

static void add_point(struct buf *out, unsigned point, int style)
{
	if (point >= 0x10000) {
		add_unit(out, 0xd800 + ((point - 0x10000) >> 10), style);
		point = 0xdc00 + ((point - 0x10000) & 0x3ff);
	}
	add_unit(out, point, style);
}

static void add_ascii(struct buf *out, unsigned char c, int style)
{
	static const char plain[] = "\"\\\b\f\n\r\t", escaped[] = "\"\\bfnrt";
	const char *at = c ? strchr(plain, c) : NULL;

	if (at || (c == '/' && style & STYLE_SLASH)) {
		buf_addc(out, '\\');
		buf_addc(out, at ? escaped[at - plain] : '/');
	} else if (c < 0x20 || (c == 0x7f && style & STYLE_ASCII)) {
		add_unit(out, c, style);
	} else {
		buf_addc(out, (char)c);
	}
}

static void escape(struct buf *out, const char *text, size_t n, int style)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + n;

	while (s < end) {
		size_t more = *s < 0xc0 ? 0 : *s < 0xe0 ? 1 : *s < 0xf0 ? 2 : 3;
		unsigned point = more ? *s & (0x3fu >> more) : *s;

		if (*s < 0x80)
			add_ascii(out, *s, style);
		else if (!(style & STYLE_ASCII) || more >= (size_t)(end - s))
			buf_addc(out, (char)*s), more = 0;
		for (size_t i = 1; i <= more; i++)
			point = point << 6 | (s[i] & 0x3f);
		if (more)
			add_point(out, point, style);
		s += more + 1;
	}
}

static int add_form(struct mask *mask, const char *text, size_t n, const char *label)
{
	struct mask_form form, *grown;
	size_t at = 0;

	for (size_t i = 0; i < mask->count; i++)
		if (mask->forms[i].n == n && memcmp(mask->forms[i].text, text, n) == 0)
			return 0;
	grown = reallocarray(mask->forms, mask->count + 1, sizeof *grown);
	if (!grown)
		return -1;
	mask->forms = grown;
	form = (struct mask_form){malloc(n), strdup(label), n};
	if (!form.text || !form.label) {
		free(form.text);
		free(form.label);
		return -1;
	}
	memcpy(form.text, text, n);
	while (at < mask->count && mask->forms[at].n >= n)
		at++;
	memmove(grown + at + 1, grown + at, (mask->count++ - at) * sizeof *grown);
	grown[at] = form;
	return 0;
}

int mask_add(struct mask *mask, const char *text, size_t n, const char *label)
{
	struct buf form = BUF_INIT;
	int rc = add_form(mask, text, n, label);

	for (int style = 0; rc == 0 && style < STYLES; style++) {
		buf_clear(&form);
		escape(&form, text, n, style);
		rc = buf_ok(&form) ? add_form(mask, form.data, form.len, label) : -1;
	}
	buf_release(&form);
	return rc;
}

/* The longest known text that begins here; NULL with *ret_more: a longer one may, once more has
 * come. last: nothing will. */
static const struct mask_form *begins(const struct mask *mask, const char *text, size_t n,
				      bool last, bool *ret_more)
{
	for (size_t i = 0; i < mask->count; i++) {
		const struct mask_form *form = &mask->forms[i];
		size_t least = form->n < n ? form->n : n;

		if ((last && form->n > n) || memcmp(form->text, text, least) != 0)
			continue;
		*ret_more = form->n > n;
		return *ret_more ? NULL : form;
	}
	return NULL;
}

const char *mask_find(const struct mask *mask, const char *text, size_t n)
{
	const struct mask_form *form = NULL;
	bool more;

	for (size_t at = 0; at < n && !form; at++)
		form = begins(mask, text + at, n - at, true, &more);
	return form ? form->label : NULL;
}

size_t mask_part(const struct mask *mask, const char *text, size_t n, bool last, struct buf *out)
{
	size_t at = 0, from = 0;
	bool more = false;

	while (at < n) {
		const struct mask_form *form = begins(mask, text + at, n - at, last, &more);

		if (more)
			break;
		if (!form) {
			at++;
			continue;
		}
		buf_add(out, text + from, at - from);
		buf_adds(out, form->label);
		from = at += form->n;
	}
	buf_add(out, text + from, at - from);
	return at;
}

void mask_release(struct mask *mask)
{
	for (size_t i = 0; i < mask->count; i++) {
		free(mask->forms[i].text);
		free(mask->forms[i].label);
	}
	free(mask->forms);
	*mask = (struct mask)MASK_INIT;
}
