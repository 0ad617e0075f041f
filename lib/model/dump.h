/* SPDX-License-Identifier: MIT */
/*
 * jansson's values to JSON text. In place of json_dumps(): that of jansson 2.14
 * loses the name of a member when memory runs out for a moment, and returns the
 * rest as if it were whole.
 */
#ifndef WF_MODEL_DUMP_H
#define WF_MODEL_DUMP_H

#include <jansson.h>

/* flags: JSON_COMPACT and so on. New; NULL: no memory, or no value. */
char *dump_json(const json_t *value, size_t flags);

#endif
