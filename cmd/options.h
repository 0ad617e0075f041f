/* SPDX-License-Identifier: MIT */
/*
 * Options as tables. One table is parsed, makes the usage and the help, and is
 * what completion offers.
 *
 * Accepted: -x, -xARG, -x ARG, -xyz for flags, --name, --name=ARG, --name ARG, -- for the end of
 * options; options may follow operands. Every flag has its opposite: --no-name, or --name for a
 * flag named no-name. The last one given holds.
 */
#ifndef WF_CMD_OPTIONS_H
#define WF_CMD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct err;

/* Where a value goes is offset bytes into the values of the table. */
enum option_kind {
	OPTION_FLAG,     /* bool */
	OPTION_TEXT,     /* const char *, borrowed from argv */
	OPTION_COUNT,    /* unsigned, 1 to a million */
	OPTION_DURATION, /* int64_t, milliseconds */
	OPTION_WORDS,    /* struct words: may be given again and again */
};

/* What the shell completes a word with. */
enum words_kind {
	WORDS_NONE,
	WORDS_COMMAND,
	WORDS_WORKFLOW,
	WORDS_RUN,
	WORDS_OPEN_RUN,
	WORDS_STEP,
	WORDS_FILE,
	WORDS_FOLDER,
	WORDS_SHELL
};

struct words {
	const char **v; /* borrowed texts in a new array */
	size_t n;
};

struct option_def {
	const char *name;     /* without dashes; NULL ends a table */
	const char *argument; /* "DIR"; NULL for flags */
	const char *help;
	size_t offset;
	enum option_kind kind;
	enum words_kind complete;
	unsigned use; /* of general options: the bit that a command must have to take it */
	char letter;  /* 0: none */
};

/* A table with the place of its values. */
struct option_set {
	const struct option_def *table; /* may be NULL */
	void *values;
	unsigned uses; /* options whose use is neither 0 nor in here are refused */
};

struct operands {
	char **v; /* the same array as was given, operands first */
	size_t n;
	bool help; /* --help or -h was among the options */
};

/*
 * Parse the NULL-terminated argv against n sets. stop_at_operand: the first operand ends it and all
 * that follows is in ret as it is. -ERR_USAGE with a line that names the option and what is near
 * it.
 */
int options_parse(const struct option_set *sets, size_t n, char **argv, bool stop_at_operand,
		  struct operands *ret, struct err *err);
/* Free the words of a set's values. */
void options_release(const struct option_set *set);

#endif
