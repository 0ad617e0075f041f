/* SPDX-License-Identifier: MIT */
/* Tags and memo of a new run, out of --tag and --memo NAME=VALUE. */
#ifndef WF_CMD_TAG_OPTIONS_H
#define WF_CMD_TAG_OPTIONS_H

#include <jansson.h>

struct err;
struct words;

/* Put them into the options of run.json; VALUE is JSON if it is JSON, else a text. ERR_USAGE. */
int tag_options(const struct words *tags, const struct words *memos, json_t *options,
		struct err *err);

#endif
