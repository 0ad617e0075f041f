/* SPDX-License-Identifier: MIT */
/* A strike at each call that an attack makes, one at a time. A sweep that strikes nothing fails. */
#ifndef WF_TEST_SWEEP_H
#define WF_TEST_SWEEP_H

#include "attack.h"
#include "tap.h"

#include <inttypes.h>

#define SEEDS 8 /* chances of the disk */

/* What happens at the Nth call, and what then. */
struct strike {
	const char *name;
	void (*aim)(struct trial *t, const struct strike *strike, unsigned long n);
	/* Whether it came; behind this line nothing strikes any more. NULL: the disk knows. */
	bool (*struck)(struct trial *t, const struct strike *strike);
	int error;
	bool one;          /* of a short write: one byte, not half of them */
	bool power, later; /* the power goes: at once, when the next process has gone on */
	bool dies;         /* the process ends there, and clears nothing away */
	uint64_t seeds;    /* 0: SEEDS */
};

static bool sweep_struck_(struct trial *t, const struct strike *strike)
{
	bool struck = strike->struck ? strike->struck(t, strike) : simdisk_struck(t->disk);

	simdisk_fail_at(t->disk, 0, 0);
	simdisk_short_at(t->disk, 0, false, 0);
	simdisk_cut_at(t->disk, 0);
	return struck;
}

/* One trial; whether the strike came before the work was done. */
static bool sweep_try_(const struct attack *a, const struct strike *strike, unsigned long n,
		       uint64_t seed, char broken[600])
{
	struct trial t = {.disk = simdisk_new(seed)};
	bool struck;

	t.os = simdisk_os(t.disk);
	a->prepare(&t);
	simdisk_sync_all(t.disk);
	strike->aim(&t, strike, n);
	a->work(&t);
	struck = sweep_struck_(&t, strike);
	if (!strike->dies)
		attack_no_stray(&t, "/");
	if (simdisk_handles(t.disk) != 0)
		broke(&t, "%d handles were not closed", simdisk_handles(t.disk));
	if (strike->power)
		simdisk_power_on(t.disk);
	else
		simdisk_kill(t.disk);
	if (!struck && t.promised != t.asked)
		broke(&t, "failed although nothing struck");
	a->check(&t);
	if (strike->later) {
		simdisk_power_on(t.disk);
		a->check(&t);
	}
	snprintf(broken, 600, "%s", t.broken);
	simdisk_free(t.disk);
	return struck;
}

/* Returns how many strikes came. */
static unsigned long sweep(const struct attack *a, const struct strike *strike)
{
	unsigned long n = 0, trials = 0, struck = 0, bad = 0, before;
	uint64_t seeds = strike->seeds ? strike->seeds : SEEDS;
	char broken[600];

	do {
		before = struck;
		n++;
		for (uint64_t i = 1; i <= seeds; i++, trials++) {
			uint64_t seed = i * 7919 + n;

			struck += sweep_try_(a, strike, n, seed, broken);
			if (broken[0] && bad++ < 3)
				diag("call %lu, seed %" PRIu64 ": %s", n, seed, broken);
		}
	} while (struck > before && n < 5000);
	ok(bad == 0 && struck > 0, "promise 1: %s, %s at each of %lu calls (%lu trials)", a->name,
	   strike->name, n - 1, trials);
	return struck;
}

#endif
