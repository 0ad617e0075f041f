/* SPDX-License-Identifier: MIT */
/* One call of the compiler: spawned without a shell, its output read to the end. */
#ifndef WF_ENGINE_COMPILE_RUN_H
#define WF_ENGINE_COMPILE_RUN_H

#include <stddef.h>

struct buf;
struct err;

/* A NULL-terminated argument list; every item owned. */
struct argv {
	char **list;
	size_t n;
};

/* Add n bytes of text as one argument. -1 when out of memory. */
int argv_add(struct argv *argv, const char *text, size_t n);
/* Add the words of a text, divided by white space; NULL adds none. */
int argv_words(struct argv *argv, const char *text);
void argv_release(struct argv *argv);

/* Run it; standard input is empty. Returns its exit status (128 + signal when killed), or a
 * negative code: ERR_USAGE when it cannot be started. out and messages are appended. */
int compile_run(const struct argv *argv, struct buf *out, struct buf *messages, struct err *err);

#endif
