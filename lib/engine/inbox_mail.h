/* SPDX-License-Identifier: MIT */
/*
 * Signals and updates in the inbox.
 *
 * An update is validated before anything of it is recorded. One that is taken becomes
 * update_accepted; a refusal is written to replies/<name of the message> and leaves no other trace.
 * Whoever asked removes first the message, if it is still there, and then the reply: so a driver
 * that died between the two does not judge again what was told.
 */
#ifndef WF_ENGINE_INBOX_MAIL_H
#define WF_ENGINE_INBOX_MAIL_H

#include <jansson.h>

struct err;
struct runner;

int inbox_take_signal(struct runner *r, const char *name, const json_t *message, struct err *err);
int inbox_take_update(struct runner *r, const char *name, const json_t *message, struct err *err);

#endif
