/* SPDX-License-Identifier: MIT */
/* "did you mean": the nearest of the words offered, if any is near. */
#ifndef WF_CMD_SUGGEST_H
#define WF_CMD_SUGGEST_H

#include <stddef.h>

struct suggest {
	const char *best; /* borrowed; NULL: none is near */
	size_t distance;
};

#define SUGGEST_INIT \
	{ \
		NULL, 0 \
	}

/* Offer a word (borrowed as long as s is used) for the n bytes that were given. */
void suggest_offer(struct suggest *s, const char *given, size_t n, const char *word);

#endif
