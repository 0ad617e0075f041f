/* SPDX-License-Identifier: MIT */
/* The input of a run, out of --input and KEY=VALUE. */
#ifndef WF_CMD_INPUT_H
#define WF_CMD_INPUT_H

#include <jansson.h>
#include <stddef.h>

struct err;

/*
 * text: JSON, @FILE, "-" for standard input, or NULL for {}. pairs: n texts KEY=VALUE, each a
 * member of the input, VALUE as JSON if it is JSON, else as a string; they go over what text says.
 * -ERR_USAGE with one line. ret is new.
 */
int input_make(const char *text, char *const *pairs, size_t n, json_t **ret, struct err *err);

#endif
