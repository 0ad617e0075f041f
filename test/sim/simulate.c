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

#define COVERED 1000 /* so many schedules see everything */

static bool failed;

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

/* What the core can be fed with, and must have been: a new event, one of the history, and an
 * outcome of what the workflow has given up. */
static const struct transition {
	enum event_type type;
	bool live, replayed, late;
} transitions[] = {
	{EVENT_RUN_STARTED, true, true, false},      {EVENT_STEP_STARTED, true, true, false},
	{EVENT_STEP_COMPLETED, true, true, true},    {EVENT_STEP_FAILED, true, true, false},
	{EVENT_TIMER_FIRED, true, true, false},      {EVENT_SIDE_EFFECT, true, true, false},
	{EVENT_PATCHED, true, true, false},          {EVENT_VERSION, true, true, false},
	{EVENT_SIGNAL_RECEIVED, true, true, false},  {EVENT_UPDATE_ACCEPTED, true, true, false},
	{EVENT_UPDATE_COMPLETED, true, true, false}, {EVENT_CANCEL_REQUESTED, true, true, false},
	{EVENT_CHILD_STARTED, true, true, false},    {EVENT_CHILD_CLOSED, true, true, false},
	{EVENT_SIGNAL_SENT, true, true, false},      {EVENT_TAGS_SET, true, true, false},
	{EVENT_LOCK_ACQUIRED, true, true, false},    {EVENT_LOCK_LET_GO, true, true, false},
	{EVENT_RUN_COMPLETED, false, true, false},   {EVENT_RUN_FAILED, false, true, false},
	{EVENT_RUN_CANCELLED, false, true, false},   {EVENT_RUN_CONTINUED, false, true, false},
	{EVENT_RUN_TERMINATED, false, true, false},
};

/* The table of transitions; all: one that was not seen is a failure. */
static void cover_report(bool all)
{
	unsigned missing = 0;

	printf("# %-18s %10s %10s %10s\n", "event", "new", "replayed", "given up");
	for (size_t i = 0; i < sizeof transitions / sizeof transitions[0]; i++) {
		const struct transition *t = &transitions[i];
		unsigned long(*fed)[2] = world_fed[t->type];
		unsigned long late = fed[0][1] + fed[1][1];
		printf("# %-18s %10lu %10lu %10lu\n", event_type_name(t->type), fed[1][0],
		       fed[0][0], late);
		missing += (t->live && !fed[1][0]) + (t->replayed && !fed[0][0]) +
			   (t->late && !late);
	}
	for (unsigned kind = 0; kind < PROGRAM_KINDS; kind++)
		missing += program_begun[kind] == 0;
	printf("%sok 2 - every transition of the core was seen%s\n", all && missing ? "not " : "",
	       all ? "" : " # SKIP too few schedules to tell");
	failed = all && missing;
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
	printf("# %.0f schedules a second, %.0f in a second of the processor\n",
	       (double)done / (seconds() - began),
	       (double)done * CLOCKS_PER_SEC / (double)(clock() + 1));
	cover_report(count >= COVERED);
	printf("1..2\n");
	return failed;
}
