/* SPDX-License-Identifier: MIT */
/*
 * A run goes on from an earlier point of its own history, or another run from
 * there. See run_reset.h for what a crash leaves: the one state or the other.
 *
 * What a reset leaves behind stays on the run's branch: the commit of the reset
 * has the commit of the point as its first parent and the tip that was left as its second.
 */
#ifndef WF_ENGINE_RESET_H
#define WF_ENGINE_RESET_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct state;

struct reset_options {
	const char *to; /* as point_find has it */
	const char *reason;
	bool drop_messages;
};

struct reset_result {
	uint64_t to, left; /* the last event that stays; how many were left behind */
	unsigned count;    /* the how manieth reset of the run it is */
	unsigned messages; /* applied again */
};

/* The run is in open/ afterwards, and nobody drives it. complaint: what kept it from being
 * committed; its files are right. */
int reset_run(struct state *state, const char *id, const struct reset_options *options,
	      struct reset_result *ret, struct err *complaint, struct err *err);

struct fork_options {
	const char *at;     /* as point_find has it */
	const char *id;     /* of the new run */
	const char *module; /* file of other code, or NULL */
};

/* ERR_NONDETERMINISTIC when the other code does not fit: nothing was made. */
int fork_run(struct state *state, const char *of, const struct fork_options *options,
	     uint64_t *ret_at, struct err *complaint, struct err *err);

#endif
