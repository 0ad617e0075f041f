/* SPDX-License-Identifier: MIT */
/* A workflow in plain C: libc's time, chance and waits, each told in its result. */
#include <wf.h>

#include <stdlib.h>
#include <sys/random.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static json_int_t ms_of(const struct timespec *t)
{
	return (json_int_t)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

static json_t *times(wf_ctx *wf)
{
	struct timespec clock_time, monotonic, standard;
	struct timeval day;

	clock_gettime(CLOCK_REALTIME, &clock_time);
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	timespec_get(&standard, TIME_UTC);
	gettimeofday(&day, NULL);
	return wf_json(wf, "[I, I, I, I, I, I]", (json_int_t)time(NULL) * 1000, ms_of(&clock_time),
		       ms_of(&monotonic), ms_of(&standard),
		       (json_int_t)day.tv_sec * 1000 + day.tv_usec / 1000,
		       (json_int_t)clock() / (CLOCKS_PER_SEC / 1000));
}

static json_t *chance(wf_ctx *wf)
{
	unsigned char random_bytes[4], entropy[4];
	json_t *all = json_array();
	int again;

	(void)wf;
	getrandom(random_bytes, sizeof random_bytes, 0);
	getentropy(entropy, sizeof entropy);
	json_array_append_new(
		all, json_integer(random_bytes[0] << 16 | random_bytes[1] << 8 | random_bytes[2]));
	json_array_append_new(all, json_integer(entropy[0] << 16 | entropy[1] << 8 | entropy[2]));
	json_array_append_new(all, json_integer(arc4random()));
	json_array_append_new(all, json_integer(arc4random_uniform(1000)));
	json_array_append_new(all, json_integer(rand()));
	json_array_append_new(all, json_integer(random()));
	json_array_append_new(all, json_integer((json_int_t)(drand48() * 1e9)));
	json_array_append_new(all, json_integer(lrand48()));
	json_array_append_new(all, json_integer(mrand48()));
	srand(7);
	again = rand();
	srand(7);
	json_array_append_new(all, json_boolean(again == rand()));
	return all;
}

/* Each wait is a timer of its own. */
static int waits(void)
{
	struct timespec three = {3, 0}, four = {4, 1}, later;
	int bad = 0;

	bad += sleep(1) != 0;
	bad += usleep(2000000) != 0;
	bad += nanosleep(&three, NULL) != 0;
	bad += clock_nanosleep(CLOCK_REALTIME, 0, &four, NULL) != 0;
	clock_gettime(CLOCK_MONOTONIC, &later);
	later.tv_sec += 5;
	bad += clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &later, NULL) != 0;
	bad += thrd_sleep(&three, NULL) != 0;
	return bad;
}

static json_t *interposed(wf_ctx *wf, const json_t *in)
{
	json_t *before = times(wf), *after;
	int bad;

	(void)in;
	bad = waits();
	after = times(wf);
	return wf_json(wf, "{s:o, s:o, s:o, s:i}", "before", before, "after", after, "chance",
		       chance(wf), "bad", bad);
}

static json_t *outside(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_pack("[I, i]", (json_int_t)time(NULL), rand());
}

WF_MODULE(WF_WORKFLOW(interposed), WF_STEP(outside))
