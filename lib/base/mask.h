/* SPDX-License-Identifier: MIT */
/*
 * Known texts are taken out of what is about to be written down; a label stands in for each.
 *
 * A text is known in the forms that it may take in the output of others: as it is, and
 * escaped as a JSON string by those who escape little, or all but ASCII, or slashes
 * too. Where several begin at one place, the longest is meant.
 */
#ifndef WF_BASE_MASK_H
#define WF_BASE_MASK_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct mask {
	struct mask_form *forms; /* owned, longest first */
	size_t count;
};

#define MASK_INIT \
	{ \
		NULL, 0 \
	}

/* Know one text more: n > 0 bytes of UTF-8, copied. One that is known keeps its label. -1: no
 * memory, and nothing has changed. */
int mask_add(struct mask *mask, const char *text, size_t n, const char *label);
/* The label of the first known text in it, borrowed; NULL: there is none. */
const char *mask_find(const struct mask *mask, const char *text, size_t n);
/*
 * Append text, masked, to out. A stream comes in parts: what might be the beginning of a known text
 * is left, and the number of bytes that were dealt with is returned; the rest is to come again
 * before what follows it. last: nothing follows, and all is dealt with.
 */
size_t mask_part(const struct mask *mask, const char *text, size_t n, bool last, struct buf *out);
void mask_release(struct mask *mask);

#endif
