/* SPDX-License-Identifier: MIT */
/* When to try a step again. Defaults as Temporal's: 1 s, factor 2, at most 100 times the first
 * wait, no limit. */
#ifndef WF_MODEL_RETRY_H
#define WF_MODEL_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct retry_policy {
	int attempts;  /* 0: unlimited */
	int64_t first; /* ms */
	double factor;
	int64_t longest; /* ms */
	char **never;    /* NULL-terminated, owned; NULL: none */
};

/* Milliseconds to wait after the given attempt (1: the first) failed; never overflows. */
int64_t retry_delay(const struct retry_policy *policy, int attempt);
/* Whether another attempt is due after `attempt` failed with this type of failure. */
bool retry_again(const struct retry_policy *policy, int attempt, const char *failure_type,
		 bool permanent);

#endif
