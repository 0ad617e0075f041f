/* SPDX-License-Identifier: MIT */
/* <run>/replies/<name of a message>: why the driver did not take it. Written once, durably; removed
 * by whoever sent the message. */
#ifndef WF_ENGINE_REPLY_H
#define WF_ENGINE_REPLY_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct run;

/* error: {"type","message"}. */
int reply_put(struct run *run, const char *message_name, json_t *error, struct err *err);
bool reply_is_there(struct run *run, const char *message_name);
/* 1: *ret is the error, new; 0: there is none. */
int reply_get(struct run *run, const char *message_name, json_t **ret, struct err *err);
/* It was read: remove the message, if it is still there, and then the reply. */
void reply_remove(struct run *run, const char *message_name);

#endif
