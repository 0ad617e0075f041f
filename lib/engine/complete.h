/* SPDX-License-Identifier: MIT */
/*
 * Completing a step from outside, as a message to whoever drives the run next.
 * Needs no code of the run: what waits is read from its history. Durable when it
 * returns; exactly one completion of an attempt is taken, also of several at once.
 */
#ifndef WF_ENGINE_COMPLETE_H
#define WF_ENGINE_COMPLETE_H

#include <jansson.h>
#include <stdbool.h>

struct err;
struct state;

struct completion {
	const char *step;  /* name or number; NULL: by the token */
	const char *token; /* NULL: by the step; with both, the token must be its */
	json_t *value;  /* the result, or the details of a heartbeat; borrowed; NULL: null, none */
	json_t *error;  /* {"type","message"}: it failed; borrowed; NULL: it did not */
	bool heartbeat; /* a sign of life, no outcome */
};

/* The id of the run that a token belongs to. New. ERR_USAGE. */
int completion_run(const char *token, char **ret_id, struct err *err);
/* ERR_NOT_FOUND: no such run; ERR_CLOSED: it has ended; ERR_USAGE: no such step waits, or it was
 * completed already, or the token is not valid. *ret_driven: whether somebody drives the run. */
int run_complete(struct state *state, const char *id, const struct completion *completion,
		 bool *ret_driven, struct err *err);

#endif
