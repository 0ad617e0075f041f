/* SPDX-License-Identifier: MIT */
/* What became of an update, read from the run's files. */
#ifndef WF_CMD_FOLLOW_H
#define WF_CMD_FOLLOW_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct state;

enum update_state {
	UPDATE_UNKNOWN,
	UPDATE_ACCEPTED,
	UPDATE_COMPLETED,
	UPDATE_FAILED,
	UPDATE_REFUSED
};

struct followed {
	enum update_state state;
	json_t *value; /* result or error, owned; may be NULL */
	bool closed;   /* the run has ended */
};

/* message: name of the message that asked for it; NULL: none yet. A reply is taken away. */
int follow_update(struct state *state, const char *run_id, const char *update, const char *message,
		  struct followed *ret, struct err *err);

#endif
