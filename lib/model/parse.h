/* SPDX-License-Identifier: MIT */
/*
 * JSON text to jansson's values, for the lines of a history: as strict as
 * json_loadb() with JSON_ALLOW_NUL and JSON_DECODE_ANY, several times as fast, and it tells text
 * that is wrong from memory that ran out, which decides between "damaged" and
 * "try again". Depth is limited to PARSE_DEPTH.
 */
#ifndef WF_MODEL_PARSE_H
#define WF_MODEL_PARSE_H

#include <jansson.h>
#include <stddef.h>

struct err;

#define PARSE_DEPTH 2048

/* *ret is new. ERR_DAMAGED "not JSON: ... at byte N" (from 1), or ERR_NOMEM. */
int parse_json(json_t **ret, const char *text, size_t n, struct err *err);

#endif
