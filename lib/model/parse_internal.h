/* SPDX-License-Identifier: MIT */
/* Between the two files of parse.h. */
#ifndef WF_MODEL_PARSE_INTERNAL_H
#define WF_MODEL_PARSE_INTERNAL_H

#include "../base/buf.h"

#include <jansson.h>
#include <stddef.h>

struct parser {
	const unsigned char *p, *end;
	unsigned depth;
	struct buf scratch;  /* a text with its escapes resolved */
	const char *problem; /* why there is no value; NULL: memory ran out */
};

/* A number, which begins at p. New. */
json_t *parse_number(struct parser *parser);
/*
 * The text behind the quote at p; moves p behind the closing one. *ret is
 * borrowed from the input or the scratch, until the next text. 0 or -1.
 */
int parse_string(struct parser *parser, const char **ret, size_t *ret_n);

#endif
