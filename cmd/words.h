/* SPDX-License-Identifier: MIT */
/* What may come next on a command line, out of the same tables that parse it. */
#ifndef WF_CMD_WORDS_H
#define WF_CMD_WORDS_H

#include "options.h"

#include <stddef.h>

struct cmd;

/* Where the last word of a command line stands. */
struct place {
	const struct cmd *command;      /* NULL: the command itself is asked for */
	const struct option_def *value; /* NULL, or the option whose value the word is */
	const char *prefix;             /* what there is of it already; borrowed from words */
	const char *glued; /* "--option=" part that stands before the prefix in the same word; NULL:
			      none */
	const char *state; /* --state, where it was given */
	const char *first; /* the first operand, where there is one */
	size_t operands;   /* before the word */
	bool only_operands; /* after -- */
};

/* words: n > 0 of them, the last being completed, without the program's own name. */
void words_place(struct place *ret, char *const *words, size_t n);

#endif
