/* SPDX-License-Identifier: MIT */
/* JSON text written straight into a buffer: what programs printed, and failures. */
#ifndef WF_ENGINE_POOL_TEXT_H
#define WF_ENGINE_POOL_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct buf;

/* Any bytes as a JSON string, quotes included; NUL and what is not UTF-8 become U+FFFD. */
void text_add_string(struct buf *out, const char *bytes, size_t n);
/* Of a text that was cut out of a longer one: where its first whole character begins, and where its
 * last one ends. */
size_t text_begin(const char *bytes, size_t n);
size_t text_end(const char *bytes, size_t n);
/* A failure object. details: JSON text or NULL; is left out when it is too large to be useful. */
void text_add_failure(struct buf *out, const char *type, const char *message, bool permanent,
		      const char *details, size_t details_len);
/* Append value as compact JSON, at most max bytes (0: any). *ret_size: how many it has. 0, also
 * when there is no memory, which out remembers; -1: it cannot be written as JSON; 1: too large, out
 * is as before. */
int text_add_json(struct buf *out, const json_t *value, size_t max, size_t *ret_size);

#endif
