/* SPDX-License-Identifier: MIT */
/* The variables that a run keeps for its commands, so that they mean the same when another shell or
 * cron goes on with it. */
#ifndef WF_CMD_ENVIRONMENT_H
#define WF_CMD_ENVIRONMENT_H

#include <jansson.h>

struct err;
struct words;

/* Those every run keeps, and named: NAME (as it is now) or NAME=VALUE. An object of strings, new.
 */
int environment_make(const struct words *named, json_t **ret, struct err *err);

#endif
