/* SPDX-License-Identifier: MIT */
#include "suggest.h"

#include <stdint.h>
#include <string.h>

#define LONGEST 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many insertions, deletions, replacements and swaps of neighbours make a into b. */
static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	uint8_t rows[3][LONGEST + 1];
	uint8_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= nb; j++)
		above[j] = (uint8_t)j;
	for (size_t i = 1; i <= na; i++) {
		row[0] = (uint8_t)i;
		for (size_t j = 1; j <= nb; j++) {
			size_t d = least(row[j - 1] + 1u, above[j] + 1u,
					 above[j - 1] + (a[i - 1] != b[j - 1]));

			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = least(d, d, before[j - 2] + 1u);
			row[j] = (uint8_t)d;
		}
		uint8_t *free_row = before;
		before = above;
		above = row;
		row = free_row;
	}
	return above[nb];
}

void suggest_offer(struct suggest *s, const char *given, size_t n, const char *word)
{
	size_t len = strlen(word);

	if (!n || n > LONGEST || len > LONGEST)
		return;
	size_t d = distance(given, n, word, len);
	if (n > 1 && n < len && !strncmp(given, word, n))
		d = 1; /* the beginning of a word is near it */
	size_t near = n < 4 ? 1 : n < 8 ? 2 : 3;
	if (d <= near && (!s->best || d < s->distance)) {
		s->best = word;
		s->distance = d;
	}
}
