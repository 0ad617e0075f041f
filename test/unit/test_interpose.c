/* SPDX-License-Identifier: MIT */
/* Promise 6: libc's time, chance and waits in a module that was loaded, inside and outside of its
 * workflow. */
#include "../../lib/base/error.h"
#include "../../lib/base/str.h"
#include "../../lib/core/core.h"
#include "../../lib/engine/module.h"
#include "tap.h"

#include <stdatomic.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define CREATED 1700000000250

static struct module *module;
static uint8_t seed[32];

static int feed(struct core *core, enum event_type type, uint64_t cmd, int64_t at, struct err *err)
{
	static uint64_t seq;
	struct event event = {
		.seq = ++seq, .at = at, .cmd = cmd, .type = type, .body = json_object()};
	int rc = core_feed(core, &event, err);

	event_release(&event);
	return rc;
}

static struct core *begin(void)
{
	struct core_options options = {.module = module,
				       .run_id = "r",
				       .seed = seed,
				       .created = CREATED,
				       .rules = CORE_RULES};
	struct err err = ERR_INIT;
	struct core *core;

	options.workflow = module_find(module, WF_KIND_WORKFLOW, "interposed");
	if (core_new(&core, &options, &err) < 0)
		bail_out("%s", err.text);
	core_set_live(core);
	if (feed(core, EVENT_RUN_STARTED, 0, CREATED, &err) < 0)
		bail_out("%s", err.text);
	return core;
}

/* Fire each timer as it is asked for; the waits in milliseconds into waited. */
static size_t serve(struct core *core, int64_t waited[8])
{
	struct err err = ERR_INIT;
	const struct command *c;
	size_t n = 0;

	while ((c = core_next(core)) && n < 8) {
		int64_t due = c->due;
		if (c->kind != COMMAND_TIMER)
			bail_out("a wait is no timer");
		waited[n++] = due - core_now(core);
		if (feed(core, EVENT_TIMER_FIRED, c->id, due, &err) < 0)
			bail_out("%s", err.text);
	}
	return n;
}

static void test_waits(struct core *core)
{
	static const int64_t want[] = {1000, 2000, 3000, 4001, 5000, 3000};
	static const char *const names[] = {"sleep",           "usleep",          "nanosleep",
					    "clock_nanosleep", "clock_nanosleep", "thrd_sleep"};
	int64_t waited[8] = {0};

	is_int(serve(core, waited), 6, "promise 6: each wait of libc is a durable timer");
	for (size_t i = 0; i < 6; i++)
		is_int(waited[i], want[i], "promise 6: %s waits as long as asked", names[i]);
}

static void test_times(const json_t *result)
{
	static const char *const names[] = {
		"time",         "clock_gettime", "clock_gettime (monotonic)",
		"timespec_get", "gettimeofday",  "clock"};
	const json_t *before = json_object_get(result, "before"),
		     *after = json_object_get(result, "after");

	is_int(json_integer_value(json_array_get(before, 0)), CREATED / 1000 * 1000,
	       "promise 6: time");
	for (size_t i = 1; i < 6; i++)
		is_int(json_integer_value(json_array_get(before, i)), CREATED, "promise 6: %s",
		       names[i]);
	for (size_t i = 1; i < 6; i++)
		is_int(json_integer_value(json_array_get(after, i)), CREATED + 18001,
		       "promise 6: %s after the waits", names[i]);
	is_int(json_integer_value(json_object_get(result, "bad")), 0,
	       "promise 6: every wait says that it is over");
}

static void test_replay(const json_t *result)
{
	struct core *core = begin();
	int64_t waited[8];
	const json_t *chance = json_object_get(result, "chance"), *value;
	size_t i, different = 0;

	serve(core, waited);
	ok(json_equal(result, core_result(core)), "promise 6: the same again on replay");
	core_free(core);
	json_array_foreach (chance, i, value)
		if (i < 9 && !json_equal(value, json_array_get(chance, (i + 1) % 9)))
			different++;
	is_int(different, 9, "promise 6: no two calls for chance give the same");
	ok(json_is_true(json_array_get(chance, 9)),
	   "promise 6: srand() begins the same series again");
	memset(seed, 1, sizeof seed);
	core = begin();
	serve(core, waited);
	ok(!json_equal(chance, json_object_get(core_result(core), "chance")),
	   "promise 6: another run has other chance");
	core_free(core);
}

static void test_outside(void)
{
	int index = module_find(module, WF_KIND_STEP, "outside");
	json_t *first = module->entries[index].step(NULL, NULL),
	       *second = module->entries[index].step(NULL, NULL);
	struct timespec a, b, wait = {0, 2000000};
	int64_t passed;

	ok(json_integer_value(json_array_get(first, 0)) > CREATED / 1000 + 3600 * 24,
	   "outside of a workflow time is the machine's");
	ok(!json_equal(json_array_get(first, 1), json_array_get(second, 1)), "and chance libc's");
	json_decref(first);
	json_decref(second);
	clock_gettime(CLOCK_MONOTONIC, &a);
	nanosleep(&wait, NULL);
	usleep(1000);
	clock_gettime(CLOCK_MONOTONIC, &b);
	passed = (b.tv_sec - a.tv_sec) * 1000000000LL + (b.tv_nsec - a.tv_nsec);
	ok(passed >= 3000000, "and waits wait");
	ok(core_current() == NULL, "no core is current");
}

static int other_thread(void *arg)
{
	atomic_int *held = arg;
	time_t first = time(NULL);

	for (int i = 0; i < 1000 && *held; i++)
		*held = time(NULL) >= first && first > CREATED / 1000 + 3600 * 24;
	return 0;
}

static void test_threads(void)
{
	atomic_int held = 1;
	thrd_t thread;

	if (thrd_create(&thread, other_thread, &held) != thrd_success)
		bail_out("cannot make a thread");
	for (int i = 0; i < 200; i++) {
		struct core *core = begin();
		int64_t waited[8];
		serve(core, waited);
		core_free(core);
	}
	thrd_join(thread, NULL);
	ok(held, "promise 6: another thread has the machine's time while a workflow runs");
}

int main(void)
{
	const char *build = getenv("WF_BUILD");
	struct err err = ERR_INIT;
	struct core *core;
	json_t *result;
	char *path = str_format("%s/test/modules/interposed.so", build ? build : ".");
	int64_t before = time(NULL);

	if (module_load(path, &module, &err) < 0)
		bail_out("%s", err.text);
	core = begin();
	test_waits(core);
	is_int(core_status(core), CORE_COMPLETED, "the workflow has ended");
	ok(time(NULL) - before < 10, "promise 6: and took no time");
	result = json_incref(core_result(core));
	core_free(core);
	test_times(result);
	test_replay(result);
	json_decref(result);
	test_outside();
	test_threads();
	module_free(module);
	free(path);
	return done_testing();
}
