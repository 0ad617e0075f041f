/* SPDX-License-Identifier: MIT */
/* A step's input in the history: as it is up to 1 KiB, else its digest. */
#ifndef WF_CORE_DESCRIBE_H
#define WF_CORE_DESCRIBE_H

#include "../base/hash.h"

#include <jansson.h>
#include <stdbool.h>

struct buf;

#define DESCRIBE_MOST 1024

/* Digest of the compact text with sorted keys. -1: no memory. */
int describe_digest(const json_t *input, char ret_hex[HASH_HEX]);
/* Append "<member>":name,"input":... or "input_sha256". */
void describe_named(const char *member, const char *name, const json_t *input, struct buf *out);
/* Append ,"step":...,"input":... without the first comma. */
void describe_step(const char *name, const json_t *input, struct buf *out);
/* Compact text of value for people, cut at most bytes. */
void describe_short(const json_t *value, size_t most, struct buf *out);

#endif
