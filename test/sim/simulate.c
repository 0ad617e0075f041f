/* SPDX-License-Identifier: MIT */
/*
 * simulate [--seed N] [--count N] [--seconds S] [--ops N] [--deaths N]
 *
 * Runs simulated schedules from consecutive seeds until the count or the time
 * is over, and says how many and how fast. A schedule that breaks a promise is
 * shrunk (shorter program, fewer deaths) and told with the words that run it
 * again. TAP, so that the suite can count it.
 */
#include "model/event.h"
#include "program.h"
#include "world.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool breaks(struct schedule s, struct verdict *ret)
{
	world_run(&s, ret);
	return ret->broken[0] != '\0';
}

static void shrink(struct schedule *s, struct verdict *v)
{
	bool smaller = true;

	while (smaller) {
		struct schedule shorter = *s, calmer = *s;
		struct verdict ignored;
		smaller = false;
		shorter.ops--;
		calmer.deaths--;
		if (s->ops > 1 && breaks(shorter, &ignored)) {
			*s = shorter;
			*v = ignored;
			smaller = true;
		} else if (s->deaths > 0 && breaks(calmer, &ignored)) {
			*s = calmer;
			*v = ignored;
			smaller = true;
		}
	}
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

int main(int argc, char **argv)
{
	struct schedule s = {.seed = 1, .ops = 0, .deaths = 4};
	uint64_t count = 3000, done = 0, deaths = 0, events = 0;
	double most = 1e9, began = seconds();
	unsigned ops = 0;

	json_object_seed(1);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--seed") == 0)
			s.seed = number(argv[i + 1]);
		else if (strcmp(argv[i], "--count") == 0)
			count = number(argv[i + 1]);
		else if (strcmp(argv[i], "--seconds") == 0) {
			most = (double)number(argv[i + 1]);
			count = UINT64_MAX;
		} else if (strcmp(argv[i], "--ops") == 0)
			ops = (unsigned)number(argv[i + 1]);
		else if (strcmp(argv[i], "--deaths") == 0)
			s.deaths = (unsigned)number(argv[i + 1]);
	}
	for (; done < count && seconds() - began < most; done++, s.seed++) {
		struct schedule now = s;
		struct verdict v;
		now.ops = ops ? ops : 1 + (unsigned)(s.seed % 12);
		now.cancel = s.seed % 5 == 0;
		if (breaks(now, &v)) {
			shrink(&now, &v);
			printf("not ok 1 - promises 1 3 4: simulated schedules\n# %s\n", v.broken);
			printf("# again: simulate --seed %" PRIu64
			       " --count 1 --ops %u --deaths %u\n",
			       now.seed, now.ops, now.deaths);
			printf("1..1\n");
			return 1;
		}
		deaths += v.deaths;
		events += v.events;
	}
	printf("ok 1 - promises 1 3 4: %" PRIu64 " simulated schedules, %" PRIu64
	       " deaths, %" PRIu64 " events\n",
	       done, deaths, events);
	printf("# %.0f schedules a second\n", (double)done / (seconds() - began));
	for (int type = 0; type < EVENT_TYPES; type++)
		if (world_fed[type])
			printf("# %s: fed %lu times\n", event_type_name((enum event_type)type),
			       world_fed[type]);
	printf("1..1\n");
	return 0;
}
