/* SPDX-License-Identifier: MIT */
/* Serving COMMAND_SIGNAL and COMMAND_UPDATE. */
#ifndef WF_ENGINE_SERVE_MAIL_H
#define WF_ENGINE_SERVE_MAIL_H

struct command;
struct err;
struct runner;

int serve_signal(struct runner *r, const struct command *command, struct err *err);
int serve_update(struct runner *r, const struct command *command, struct err *err);

#endif
