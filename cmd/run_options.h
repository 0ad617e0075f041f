/* SPDX-License-Identifier: MIT */
/* What the options of wf run become in the options of a run, in its run.json. */
#ifndef WF_CMD_RUN_OPTIONS_H
#define WF_CMD_RUN_OPTIONS_H

#include "id_policy.h"
#include "options.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct err;

struct run_values {
	const char *id, *input;
	struct id_policy policy;
	int64_t timeout, run_timeout, start_delay;
	struct words env, secrets, tags, memos, stub;
	const char *crash_at;
	bool no_wait, virtual_time, crash_everywhere;
};

/* New. Checks those that make no member, too. */
int run_options_make(const struct run_values *values, json_t **ret, struct err *err);
/* Whether what stands in for time and steps is as the run was made with; none given: any. */
bool run_options_same_testing(const json_t *mine, const json_t *of_run);

#endif
