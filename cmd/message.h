/* SPDX-License-Identifier: MIT */
/* Telling a run something, whoever drives it. */
#ifndef WF_CMD_MESSAGE_H
#define WF_CMD_MESSAGE_H

#include <jansson.h>
#include <stdbool.h>

struct cli;
struct err;
struct state;

/* Put a message into a run's inbox, durably. Steals message. *ret_name (may be NULL) is new;
 * *ret_driven says whether somebody drives the run. ERR_NOT_FOUND, ERR_CLOSED. */
int message_send(struct state *state, const char *id, json_t *message, char **ret_name,
		 bool *ret_driven, struct err *err);
/* Drive these runs on, in the foreground; one that somebody else drives by now is left to it.
 * wait: as of
 * drive_start. Returns the exit status. */
int message_resume(struct cli *cli, struct state *state, char *const *ids, size_t n, bool wait);

#endif
