/* SPDX-License-Identifier: MIT */
#include "retry.h"

#include <string.h>

#define FIRST_MS 1000
#define FACTOR 2.0
#define LONGEST_FACTOR 100
#define LONGEST_MS INT64_C(3155760000000) /* 100 years: a wait that can be added to any time */

static int64_t bounded(int64_t ms, int64_t fallback)
{
	if (ms <= 0)
		ms = fallback;
	return ms < LONGEST_MS ? ms : LONGEST_MS;
}

int64_t retry_delay(const struct retry_policy *policy, int attempt)
{
	int64_t first = bounded(policy->first, FIRST_MS);
	int64_t longest = bounded(policy->longest, first > LONGEST_MS / LONGEST_FACTOR
							   ? LONGEST_MS
							   : first * LONGEST_FACTOR);
	double factor = policy->factor > 0 ? policy->factor : FACTOR;
	double delay = (double)first;

	/* once over the limit or under a millisecond it stays there, so the loop is short */
	if (factor != 1.0)
		for (int i = 1; i < attempt && delay < (double)longest && delay >= 1; i++)
			delay *= factor;
	if (delay >= (double)longest)
		return longest;
	return (int64_t)delay;
}

static bool listed(char *const *types, const char *type)
{
	for (; types && *types; types++)
		if (strcmp(*types, type) == 0)
			return true;
	return false;
}

bool retry_again(const struct retry_policy *policy, int attempt, const char *failure_type,
		 bool permanent)
{
	if (permanent || (policy->attempts > 0 && attempt >= policy->attempts))
		return false;
	return !failure_type || !listed(policy->never, failure_type);
}
