/* SPDX-License-Identifier: MIT */
/*
 * Promise 1 attacked at every call: the Nth call of the store that may give an error gives it, the
 * Nth write is short, the Nth allocation fails, for every N until the work gets through. Who failed
 * lets go, and the next process finds all that was acknowledged and can go on; also when the power
 * goes then.
 */
#include "oom.h"
#include "short_write.h"
#include "sweep.h"

/* How often which call gave which error. */
static struct gift {
	const char *name;
	int error;
	unsigned long by[SIM_CALLS];
} gifts[] = {
	{"EIO", EIO, {0}},       {"ENOSPC", ENOSPC, {0}}, {"EDQUOT", EDQUOT, {0}},
	{"EMFILE", EMFILE, {0}}, {"ENOMEM", ENOMEM, {0}},
};

#define GIFTS (sizeof gifts / sizeof gifts[0])

static void fail_call(struct trial *t, const struct strike *strike, unsigned long n)
{
	simdisk_fail_at(t->disk, n, strike->error);
}

static bool call_failed(struct trial *t, const struct strike *strike)
{
	bool struck = simdisk_struck(t->disk);

	for (size_t i = 0; struck && i < GIFTS; i++)
		if (gifts[i].error == strike->error)
			gifts[i].by[simdisk_struck_call(t->disk)]++;
	return struck;
}

static void shorten_write(struct trial *t, const struct strike *strike, unsigned long n)
{
	short_write_above(t->disk);
	simdisk_short_at(t->disk, n, strike->one, strike->error);
}

static void fail_allocation(struct trial *t, const struct strike *strike, unsigned long n)
{
	(void)t;
	(void)strike;
	oom_once((long)n - 1);
}

static bool allocation_failed(struct trial *t, const struct strike *strike)
{
	(void)t;
	(void)strike;
	oom_off();
	return oom_struck();
}

/* What happens, and then the power goes at once, or when the next process has gone on. */
#define BOTH(what, ...) \
	{.name = what ", then power cut", __VA_ARGS__, .power = true}, \
	{ \
		.name = what ", the next process goes on, then power cut", __VA_ARGS__, \
		.later = true \
	}
#define FAIL(code) BOTH(#code, .aim = fail_call, .struck = call_failed, .error = code)
#define SHORT(what, ...) BOTH(what, .aim = shorten_write, __VA_ARGS__)

static const struct strike strikes[] = {
	FAIL(EIO),
	FAIL(ENOSPC),
	FAIL(EDQUOT),
	FAIL(EMFILE),
	FAIL(ENOMEM),
	SHORT("half a write", .one = false),
	SHORT("a write of one byte", .one = true),
	SHORT("half a write, then ENOSPC", .error = ENOSPC),
	SHORT("a write of one byte, then ENOSPC", .one = true, .error = ENOSPC),
};

/* What the disk chooses matters little to memory. */
static const struct strike no_memory = {
	.name = "no memory, the next process goes on, then power cut",
	.aim = fail_allocation,
	.struck = allocation_failed,
	.later = true,
	.seeds = 3,
};

/* What the attacks make of calls is what failed with EIO; each of these gave all that it may. */
static void test_all_given(void)
{
	for (size_t i = 0; i < GIFTS; i++)
		for (enum sim_call call = 0; call < SIM_CALLS; call++)
			if (gifts[0].by[call] && simdisk_may_give(call, gifts[i].error))
				ok(gifts[i].by[call] > 0, "promise 1: %s by %s, %lu times",
				   gifts[i].name, simdisk_call_name(call), gifts[i].by[call]);
}

int main(void)
{
	simdisk_calloc = oom_spared;
	for (const struct attack *const *a = attacks; *a; a++) {
		for (size_t i = 0; i < sizeof strikes / sizeof strikes[0]; i++)
			sweep(*a, &strikes[i]);
		if (oom_works())
			sweep(*a, &no_memory);
		else
			skip_test("promise 1: no memory", "the allocator is not ours");
	}
	test_all_given();
	return done_testing();
}
