/* SPDX-License-Identifier: MIT */
/* Secrets of a new run, out of --secret [KEY=]NAME. */
#ifndef WF_CMD_SECRET_OPTIONS_H
#define WF_CMD_SECRET_OPTIONS_H

#include <jansson.h>

struct err;
struct words;

/* Put the names into the options of run.json, and references under the KEYs into the input.
 * ERR_USAGE. */
int secret_options(const struct words *words, json_t *input, json_t *options, struct err *err);
/* Whether they are there now. ERR_USAGE names one that is not. */
int secret_options_set(const json_t *options, struct err *err);

#endif
