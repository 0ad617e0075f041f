/* SPDX-License-Identifier: MIT */
/* Small text helpers. */
#ifndef WF_BASE_STR_H
#define WF_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

bool str_starts(const char *s, const char *prefix);
bool str_ends(const char *s, const char *suffix);
bool str_utf8(const char *s, size_t n);
/* asprintf that returns the text, or NULL. New. */
char *str_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/*
 * Whether s can be a run id, which is a file name and part of a git ref at
 * once: 1 to 200 bytes of [A-Za-z0-9._+=@-], not beginning with '.' or '-', no
 * "..", not ending in '.' or ".lock". NULL when it can; else a borrowed text
 * that says why not ("holds a '/'", "is longer than 200 bytes").
 */
const char *str_id_problem(const char *s);
/* n bytes as text for a message: quoted, control and invalid bytes escaped, cut at 80. New. */
char *str_quote(const char *s, size_t n);

#endif
