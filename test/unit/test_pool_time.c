/* SPDX-License-Identifier: MIT */
/* Time-outs, heartbeats, cancellation, stopping. */
#include "pool_fixture.h"

static json_t *spin(wf_attempt *a, const json_t *in)
{
	(void)a;
	for (volatile unsigned i = 0; !in || json_is_null(in); i++)
		;
	return json_null();
}

static json_t *obey(wf_attempt *a, const json_t *in)
{
	while (!wf_cancelled(a))
		pause();
	return json_is_true(in) ? json_string("tidied up") : wf_fail(a, "stopped", "as asked");
}

static json_t *overstay(wf_attempt *a, const json_t *in)
{
	(void)a;
	usleep((useconds_t)json_integer_value(in));
	return json_string("late");
}

static json_t *beat(wf_attempt *a, const json_t *in)
{
	int n = (int)json_integer_value(in);

	for (int i = 0; i < n; i++) {
		json_t *at = json_pack("{s:i}", "at", i);
		wf_heartbeat(a, at);
		json_decref(at);
		usleep(5000);
	}
	return n > 50 ? json_true() : wf_fail(a, "tired", "after %d", n);
}

static json_t *beat_until_told(wf_attempt *a, const json_t *in)
{
	(void)in;
	while (wf_heartbeat(a, NULL) == 0)
		usleep(1000);
	return wf_fail(a, "told", "by heartbeat");
}

/* A child, a grandchild, and both pids in the details. */
static json_t *with_family(wf_attempt *a, const json_t *in)
{
	int pipe_fds[2];
	pid_t child, grandchild = 0;
	json_t *pids;

	(void)in;
	if (pipe(pipe_fds) < 0 || (child = fork()) < 0)
		return NULL;
	if (child == 0) {
		signal(SIGTERM, SIG_IGN);
		grandchild = fork();
		if (grandchild > 0 && write(pipe_fds[1], &grandchild, sizeof grandchild) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	if (read(pipe_fds[0], &grandchild, sizeof grandchild) != sizeof grandchild)
		return NULL;
	pids = json_pack("[i, i, i]", (int)getpid(), (int)child, (int)grandchild);
	wf_heartbeat(a, pids);
	json_decref(pids);
	for (;;)
		pause();
}

static void test_timeouts(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = spin, .timeout = 50, .grace = 50);
	is_str(field(&r, "type"), "timeout", "an endless loop ends at its time-out");
	is_str(field(&r, "message"), "no answer within 50 ms", "which is named");
	is_str(field(&r, "details"), "{\"signal\":9,\"timeout\":\"start-to-close\"}",
	       "with its kind, and the end by force");
	ok(r.us >= 100000 && r.us < 2000000, "after the grace period (%lld us)", (long long)r.us);
	RUN(&f, &r, .function = obey, .input = json_true(), .timeout = 50);
	is_str(field(&r, "type"), "timeout",
	       "a result that was given only when asked to stop is too late");
	ok(r.us < 2000000, "but needs no force");
	RUN(&f, &r, .function = overstay, .input = json_integer(30000), .timeout = 20);
	is_str(field(&r, "type"), "timeout", "a result after the deadline does not count");
	RUN(&f, &r, .function = overstay, .input = json_integer(1000), .timeout = 2000);
	is_str(r.text, "\"late\"", "one before it does");
	result_clear(&r);
	fixture_close(&f);
}

/* The driver was busy, and finds the answer and the deadline at once. */
static void test_late_driver(void)
{
	struct fixture f;
	struct result r = {0}, early = {0};

	fixture_open(&f, 2, 0);
	submit(&f, &r,
	       (struct ask){.function = overstay, .input = json_integer(60000), .timeout = 40});
	submit(&f, &early,
	       (struct ask){.function = overstay, .input = json_integer(10), .timeout = 40});
	pool_flush(f.pool);
	usleep(120000);
	settle(&f);
	is_str(field(&r, "type"), "timeout",
	       "what was answered after the deadline is late, whoever looked when");
	is_str(early.text, "\"late\"", "and what was answered before it is not");
	result_clear(&r);
	result_clear(&early);
	fixture_close(&f);
}

static void test_heartbeats(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = spin, .heartbeat = 60, .grace = 20);
	is_str(field(&r, "message"), "no heartbeat within 60 ms", "silence is a time-out");
	has_str(field(&r, "details"), "\"timeout\":\"heartbeat\"", "of its own kind");
	RUN(&f, &r, .function = beat, .input = json_integer(60), .heartbeat = 200);
	is_int(r.result, POOL_COMPLETED, "heartbeats keep an attempt alive");
	ok(r.beats >= 2 && r.beats < 30, "and are told now and then (%d of 60)", r.beats);
	RUN(&f, &r, .function = beat, .input = json_integer(4));
	is_str(r.beat, "{\"at\":3}", "the last details before a failure are told in any case");
	RUN(&f, &r, .function = beat_until_told, .timeout = 50);
	is_str(field(&r, "type"), "timeout", "a heartbeat tells that the attempt shall stop");
	result_clear(&r);
	fixture_close(&f);
}

static void cancel_on_began(struct fixture *f, struct result *r)
{
	pool_cancel(f->pool, r, 0);
}

static void test_cancel(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	f.on_began = cancel_on_began;
	RUN(&f, &r, .function = obey, .input = json_false());
	is_int(r.result, POOL_CANCELLED, "an attempt that stops when asked is cancelled");
	is_str(field(&r, "type"), "stopped", "and its words are kept");
	RUN(&f, &r, .function = obey, .input = json_true());
	is_int(r.result, POOL_COMPLETED, "one that has a result all the same is completed");
	RUN(&f, &r, .function = spin, .grace = 20);
	is_int(r.result, POOL_CANCELLED, "one that does not listen is killed");
	is_str(field(&r, "message"), "killed after its grace period", "which is told");
	is_int(r.outcomes, 1, "once");
	result_clear(&r);
	fixture_close(&f);
}

static struct result *queued;

static void cancel_queued(struct fixture *f, struct result *r)
{
	for (int i = 0; i < 3; i++)
		pool_cancel(f->pool, &queued[i], 0);
	pool_cancel(f->pool, r, 0);
}

static void test_cancel_queued(void)
{
	struct fixture f;
	struct result r = {0}, waiting[3] = {0};

	fixture_open(&f, 1, 0);
	queued = waiting;
	f.on_began = cancel_queued;
	submit(&f, &r, (struct ask){.function = obey});
	for (int i = 0; i < 3; i++)
		submit(&f, &waiting[i],
		       (struct ask){.function = overstay, .input = json_integer(0)});
	settle(&f);
	for (int i = 0; i < 3; i++) {
		is_int(waiting[i].result, POOL_CANCELLED, "what waits is cancelled");
		is_str(field(&waiting[i], "message"), "cancelled before it began",
		       "without having begun");
		result_clear(&waiting[i]);
	}
	result_clear(&r);
	fixture_close(&f);
}

static void test_group(void)
{
	struct fixture f;
	struct result r = {0};
	json_t *pids;

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = with_family, .timeout = 100, .grace = 50);
	is_str(field(&r, "type"), "timeout", "a step with children ends");
	pids = json_loads(r.beat ? r.beat : "[]", 0, NULL);
	is_int(json_array_size(pids), 3, "it had a child and a grandchild");
	for (size_t i = 0; i < json_array_size(pids); i++) {
		pid_t pid = (pid_t)json_integer_value(json_array_get(pids, i));
		ok(dies(pid), "process %zu of its group dies", i);
	}
	json_decref(pids);
	result_clear(&r);
	fixture_close(&f);
}

static void stop_on_began(struct fixture *f, struct result *r)
{
	struct err err = ERR_INIT;
	struct pool_request none = {0};

	(void)r;
	pool_stop(f->pool, 30);
	is_int(pool_submit(f->pool, &none, &err), -ERR_BUSY, "a stopping pool takes nothing more");
}

static void test_stop(void)
{
	struct fixture f;
	struct result r = {0}, waiting = {0};

	fixture_open(&f, 1, 0);
	f.on_began = stop_on_began;
	submit(&f, &r, (struct ask){.function = spin, .grace = 30});
	submit(&f, &waiting, (struct ask){.function = overstay});
	settle(&f);
	is_int(waiting.result, POOL_CANCELLED,
	       "what has not begun is cancelled when the pool stops");
	is_int(r.result, POOL_CANCELLED, "what runs is asked, and then killed");
	ok(r.us >= 60000, "after both grace periods");
	result_clear(&r);
	result_clear(&waiting);
	fixture_close(&f);
	fixture_open(&f, 1, 0);
	f.on_began = stop_on_began;
	RUN(&f, &r, .function = overstay, .input = json_integer(20000));
	is_str(r.text, "\"late\"", "what ends within the grace period has its result");
	result_clear(&r);
	fixture_close(&f);
}

static struct result dropped;

static void drop_it(struct fixture *f, struct result *r)
{
	(void)r;
	pool_drop(f->pool, &dropped);
}

static void test_drop(void)
{
	struct fixture f;
	struct result next = {0};

	fixture_open(&f, 1, 0);
	f.on_began = drop_it;
	submit(&f, &dropped, (struct ask){.function = spin, .grace = 20});
	submit(&f, &next, (struct ask){.function = overstay});
	settle(&f);
	is_int(dropped.outcomes, 0, "a dropped attempt has no outcome");
	is_str(next.text, "\"late\"", "and its worker's place is free for the next");
	result_clear(&next);
	fixture_close(&f);
	fixture_open(&f, 1, 0);
	submit(&f, &next, (struct ask){.function = spin});
	pool_flush(f.pool);
	fixture_close(&f);
	is_int(next.outcomes, 0, "freeing the pool calls nobody");
	ok(no_children(), "and leaves no process");
}

int main(void)
{
	test_timeouts();
	test_late_driver();
	test_heartbeats();
	test_cancel();
	test_cancel_queued();
	test_group();
	test_stop();
	test_drop();
	return done_testing();
}
