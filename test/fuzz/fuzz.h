/* SPDX-License-Identifier: MIT */
/*
 * Targets of fuzzing: each takes any bytes, and aborts when something that must
 * hold does not. The table is in targets.c; fuzz.c hands it to libFuzzer, and replay.c
 * runs the cases in corpus/ through it without clang, as part of the suite.
 */
#ifndef WF_FUZZ_H
#define WF_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define must(condition) ((condition) ? (void)0 : fuzz_broken(#condition, __FILE__, __LINE__))

static inline void fuzz_broken(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

/* A copy that ends where the data ends, and a NUL behind it. New. */
static inline char *fuzz_text(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1);

	if (!text)
		abort();
	if (n)
		memcpy(text, data, n);
	text[n] = '\0';
	return text;
}

struct fuzz_target {
	const char *name; /* also of its folder in corpus/ */
	void (*try)(const uint8_t *data, size_t n);
};

/* Ends with a NULL name. */
extern const struct fuzz_target fuzz_targets[];

void fuzz_answer(const uint8_t *data, size_t n);
void fuzz_config(const uint8_t *data, size_t n);
void fuzz_duration(const uint8_t *data, size_t n);
void fuzz_elf(const uint8_t *data, size_t n);
void fuzz_event(const uint8_t *data, size_t n);
void fuzz_filter(const uint8_t *data, size_t n);
void fuzz_history(const uint8_t *data, size_t n);
void fuzz_inbox(const uint8_t *data, size_t n);
void fuzz_input(const uint8_t *data, size_t n);
void fuzz_line(const uint8_t *data, size_t n);
void fuzz_json(const uint8_t *data, size_t n);
void fuzz_run_json(const uint8_t *data, size_t n);

#endif
