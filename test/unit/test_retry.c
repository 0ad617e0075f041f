/* SPDX-License-Identifier: MIT */
#include "../../lib/model/retry.h"
#include "tap.h"

#include <limits.h>
#include <math.h>

static void test_defaults(void)
{
	struct retry_policy policy = {0};

	is_int(retry_delay(&policy, 1), 1000, "1 s before the second attempt");
	is_int(retry_delay(&policy, 2), 2000, "then twice as long");
	is_int(retry_delay(&policy, 7), 64000, "each time");
	is_int(retry_delay(&policy, 8), 100000, "at most 100 times the first wait");
	is_int(retry_delay(&policy, INT_MAX), 100000, "for ever");
	ok(retry_again(&policy, INT_MAX, "x", false), "attempts are unlimited");
}

static void test_delay(void)
{
	struct retry_policy policy = {.first = 100, .factor = 1.5, .longest = 400};

	is_int(retry_delay(&policy, 1), 100, "the first wait");
	is_int(retry_delay(&policy, 2), 150, "times the factor");
	is_int(retry_delay(&policy, 3), 225, "again");
	is_int(retry_delay(&policy, 5), 400, "up to the longest");
	policy.factor = 1;
	is_int(retry_delay(&policy, INT_MAX), 100, "factor 1 keeps it");
	policy = (struct retry_policy){.first = 1000, .factor = 0.5, .longest = 5000};
	is_int(retry_delay(&policy, 3), 250, "a factor below 1 shortens it");
	is_int(retry_delay(&policy, INT_MAX), 0, "to nothing");
	policy = (struct retry_policy){.first = 1000, .longest = 10};
	is_int(retry_delay(&policy, 1), 10, "the longest holds for the first, too");
}

static void test_extremes(void)
{
	struct retry_policy policy = {.first = INT64_MAX, .factor = 1e300, .longest = INT64_MAX};
	int64_t century = INT64_C(3155760000000);

	is_int(retry_delay(&policy, 1), century, "never more than 100 years");
	is_int(retry_delay(&policy, INT_MAX), century, "whatever the attempt");
	policy.first = 1;
	is_int(retry_delay(&policy, 2), century, "whatever the factor");
	policy.factor = INFINITY;
	is_int(retry_delay(&policy, 2), century, "even infinite");
	policy = (struct retry_policy){.factor = NAN};
	is_int(retry_delay(&policy, 2), 2000, "no number: the default");
	policy.factor = -3;
	is_int(retry_delay(&policy, 2), 2000, "negative: the default");
	policy = (struct retry_policy){.first = -5, .longest = -5};
	is_int(retry_delay(&policy, 1), 1000, "negative times: the defaults");
	is_int(retry_delay(&policy, 0), 1000, "attempt 0 as the first");
	policy = (struct retry_policy){.first = century / 50};
	is_int(retry_delay(&policy, 20), century, "100 times a long wait is bounded as well");
}

static void test_again(void)
{
	char *never[] = {"bad_input", "gone", NULL};
	struct retry_policy policy = {.attempts = 3, .never = never};

	ok(retry_again(&policy, 1, "x", false), "again after the first");
	ok(retry_again(&policy, 2, "x", false), "and the second");
	ok(!retry_again(&policy, 3, "x", false), "not after the last");
	ok(!retry_again(&policy, 4, "x", false), "nor behind it");
	ok(!retry_again(&policy, 1, "x", true), "never when it is permanent");
	ok(!retry_again(&policy, 1, "gone", false), "never for a listed type");
	ok(retry_again(&policy, 1, "gon", false), "the whole type counts");
	ok(retry_again(&policy, 1, NULL, false), "a failure without a type is tried again");
}

int main(void)
{
	test_defaults();
	test_delay();
	test_extremes();
	test_again();
	return done_testing();
}
