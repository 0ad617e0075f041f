/* SPDX-License-Identifier: MIT */
/* The pool at work: attempts, their order, their speed, large values, taking back. */
#include "pool_fixture.h"

static json_t *echo(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *nothing(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_true();
}

static json_t *who(wf_attempt *a, const json_t *in)
{
	(void)in;
	return json_pack("{s:s, s:s, s:i, s:i, s:b}", "run", wf_attempt_run_id(a), "key",
			 wf_idempotency_key(a), "attempt", wf_attempt_number(a), "pid",
			 (int)getpid(), "leads", getpgrp() == getpid());
}

static json_t *refuse(wf_attempt *a, const json_t *in)
{
	wf_fail_details(a, json_pack("{s:i}", "left", 3));
	if (json_is_true(in))
		return wf_fail_permanently(a, "refused", "for good: %d", 7);
	return wf_fail(a, "refused", "account %s", "a\"b");
}

static json_t *large(wf_attempt *a, const json_t *in)
{
	size_t n = (size_t)json_integer_value(in);
	char *text = malloc(n);
	json_t *value;

	(void)a;
	memset(text, 'x', n);
	value = json_stringn(text, n);
	free(text);
	return value;
}

static json_t *length(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_integer((json_int_t)json_string_length(in));
}

static void test_outcomes(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = echo, .input = json_pack("{s:[i,b]}", "a", 1, 1));
	is_int(r.result, POOL_COMPLETED, "a step completes");
	is_str(r.text, "{\"a\":[1,true]}",
	       "and its input, returned as it was borrowed, is its result");
	RUN(&f, &r, .function = echo, .input = json_null());
	is_str(r.text, "null", "a result may be any JSON");
	RUN(&f, &r, .function = echo, .input = json_stringn("a\0b", 3));
	is_str(r.text, "\"a\\u0000b\"", "with a NUL in it too");
	RUN(&f, &r, .function = echo);
	is_str(r.text, "null", "no input is null");
	RUN(&f, &r, .function = who, .attempt = 4);
	is_str(field(&r, "run"), "run-1", "the attempt knows its run");
	is_str(field(&r, "key"), "run-1.7.abcd", "and its key");
	is_str(field(&r, "attempt"), "4", "and its number");
	is_str(field(&r, "leads"), "true", "a worker leads a process group");
	RUN(&f, &r, .function = refuse);
	is_int(r.result, POOL_FAILED, "a step fails");
	is_str(r.text,
	       "{\"type\":\"refused\",\"message\":\"account a\\\"b\",\"details\":{\"left\":3}}",
	       "with type, message, details");
	RUN(&f, &r, .function = refuse, .input = json_true());
	is_str(field(&r, "permanent"), "true", "or for good");
	is_int(r.began, 0, "attempts that end at once are not announced");
	result_clear(&r);
	fixture_close(&f);
	ok(no_children(), "no process is left");
}

static void test_submit_is_quiet(void)
{
	struct fixture f;
	struct result r[3] = {0};

	fixture_open(&f, 1, 0);
	for (int i = 0; i < 3; i++)
		submit(&f, &r[i], (struct ask){.function = echo, .input = json_integer(i)});
	is_int(pool_active(f.pool), 3, "three are active");
	is_int(f.ended, 0, "submit calls nobody");
	pool_cancel(f.pool, &r[2], 0);
	pool_drop(f.pool, &r[1]);
	is_int(f.ended, 0, "nor does cancel, nor drop");
	settle(&f);
	is_int(r[0].outcomes, 1, "the first has one outcome");
	is_int(r[1].outcomes, 0, "a dropped one has none");
	is_int(r[2].outcomes, 1, "a cancelled one has one");
	is_int(r[2].result, POOL_CANCELLED, "which says so");
	for (int i = 0; i < 3; i++)
		result_clear(&r[i]);
	fixture_close(&f);
}

static double seconds(void)
{
	return (double)uv_hrtime() / 1e9;
}

static void test_throughput(unsigned jobs, int n)
{
	struct fixture f;
	struct result *r = calloc((size_t)n, sizeof *r);
	double began, took;
	int once = 0;

	fixture_open(&f, jobs, 0);
	f.light = true;
	began = seconds();
	for (int i = 0; i < n; i++)
		submit(&f, &r[i], (struct ask){.function = nothing, .log_base = path_of(&f, "x")});
	settle(&f);
	took = seconds() - began;
	for (int i = 0; i < n; i++)
		once += r[i].outcomes == 1 && r[i].result == POOL_COMPLETED;
	is_int(once, n, "%d attempts on %u workers, each with one outcome", n, jobs);
	diag("%.0f attempts a second fanned out, %u workers", n / took, jobs);
	is_int(files_in(f.folder), 0, "silent steps leave no file");
	free(r);
	fixture_close(&f);
}

static void test_round_trips(int n)
{
	struct fixture f;
	struct result r = {0};
	double began;

	fixture_open(&f, 1, 0);
	f.light = true;
	began = seconds();
	for (int i = 0; i < n; i++) {
		submit(&f, &r, (struct ask){.function = nothing, .log_base = path_of(&f, "x")});
		settle(&f);
	}
	is_int(r.outcomes, n, "%d attempts one after another", n);
	diag("%.1f us a round trip", (seconds() - began) * 1e6 / n);
	fixture_close(&f);
}

static void test_large(void)
{
	struct fixture f;
	struct result r = {0};
	size_t n = 30 * 1024 * 1024;
	char *text = malloc(n);

	fixture_open(&f, 1, 32 * 1024 * 1024);
	memset(text, 'y', n);
	RUN(&f, &r, .function = length, .input = json_stringn(text, n));
	is_str(r.text, "31457280", "30 MB go in");
	RUN(&f, &r, .function = large, .input = json_integer((json_int_t)n));
	is_int(r.len, n + 2, "30 MB come out");
	RUN(&f, &r, .function = large, .input = json_integer(33 * 1024 * 1024));
	is_str(field(&r, "type"), "result_too_large", "a larger result is refused");
	is_str(field(&r, "message"),
	       "the result has 34603010 bytes, and at most 33554432 are allowed",
	       "with both sizes");
	is_str(field(&r, "permanent"), "true", "for good");
	RUN(&f, &r, .function = echo, .input = json_true());
	is_str(r.text, "true", "and the worker goes on");
	free(text);
	result_clear(&r);
	fixture_close(&f);
}

static json_t *nap(wf_attempt *a, const json_t *in)
{
	(void)a;
	usleep((useconds_t)json_integer_value(in));
	return json_integer((json_int_t)getpid());
}

/* A step that was quick becomes slow while others were sent behind it. */
static void test_taken_back(void)
{
	struct fixture f;
	struct result warm[200] = {0}, slow = {0}, rest[60] = {0};
	double began;
	int elsewhere = 0;

	fixture_open(&f, 2, 0);
	for (int i = 0; i < 200; i++)
		submit(&f, &warm[i], (struct ask){.function = nap, .input = json_integer(1)});
	settle(&f);
	submit(&f, &slow, (struct ask){.function = nap, .input = json_integer(1000000)});
	for (int i = 0; i < 60; i++)
		submit(&f, &rest[i], (struct ask){.function = nap, .input = json_integer(1)});
	began = seconds();
	while (f.ended < 260) {
		pool_flush(f.pool);
		uv_run(&f.loop, UV_RUN_ONCE);
	}
	ok(seconds() - began < 0.8, "what waits behind a slow attempt is done elsewhere meanwhile");
	is_int(slow.outcomes, 0, "which still runs");
	settle(&f);
	for (int i = 0; i < 60; i++)
		elsewhere += rest[i].outcomes == 1 && strcmp(rest[i].text, slow.text) != 0;
	is_int(elsewhere, 60, "each exactly once");
	is_int(slow.began, 1, "a slow attempt is announced, once");
	for (int i = 0; i < 200; i++)
		result_clear(&warm[i]);
	for (int i = 0; i < 60; i++)
		result_clear(&rest[i]);
	result_clear(&slow);
	fixture_close(&f);
}

static json_t *open_files(wf_attempt *a, const json_t *in)
{
	struct stat null, st;
	int others = 0;

	(void)a;
	(void)in;
	if (stat("/dev/null", &null) < 0)
		return NULL;
	for (int fd = 3; fd < 1024; fd++)
		others += fstat(fd, &st) == 0 && st.st_rdev != null.st_rdev;
	return json_pack("{s:i, s:b}", "others", others, "null",
			 fstat(0, &st) == 0 && st.st_rdev == null.st_rdev);
}

/* What a step opens stays open in a child that it forks. */
static json_t *fork_with_pipe(wf_attempt *a, const json_t *in)
{
	int ends[2], status = 1;
	pid_t pid;
	char c = 0;

	(void)a;
	(void)in;
	if (pipe(ends) < 0)
		return NULL;
	pid = fork();
	if (pid == 0)
		_exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
	if (waitpid(pid, &status, 0) == pid && status == 0 && read(ends[0], &c, 1) < 0)
		c = 0;
	close(ends[0]);
	close(ends[1]);
	return json_pack("[i, b]", status, c == 'x');
}

static json_t *holds_fd(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_boolean(fcntl((int)json_integer_value(in), F_GETFD) >= 0);
}

/* Promise 5: the run's lock is free only when the last worker is gone. */
static void test_descriptors(void)
{
	struct fixture f;
	struct result r = {0};
	int before = files_in("/proc/self/fd"), lock, other;

	fixture_open(&f, 2, 0);
	lock = open("/dev/null", O_RDONLY | O_CLOEXEC);
	other = open("/dev/null", O_RDONLY);
	RUN(&f, &r, .function = open_files);
	is_str(r.text, "{\"others\":3,\"null\":true}",
	       "a worker has its socket, its output and nothing else open");
	RUN(&f, &r, .function = fork_with_pipe);
	is_str(r.text, "[0,true]", "a step can fork and talk to its child");
	pool_keep(f.pool, lock);
	RUN(&f, &r, .function = holds_fd, .input = json_integer(lock));
	is_str(r.text, "true",
	       "promise 5: a lock taken later is held by the worker that gets later attempts");
	RUN(&f, &r, .function = holds_fd, .input = json_integer(other));
	is_str(r.text, "false", "nothing else is");
	pool_unkeep(f.pool, lock);
	pool_renew(f.pool);
	RUN(&f, &r, .function = holds_fd, .input = json_integer(lock));
	is_str(r.text, "false", "nor what is kept no longer");
	close(lock);
	close(other);
	result_clear(&r);
	fixture_close(&f);
	is_int(files_in("/proc/self/fd"), before, "the driver leaks no descriptor");
}

int main(void)
{
	test_outcomes();
	test_submit_is_quiet();
	test_throughput(1, 10000);
	test_throughput(2, 10000);
	test_round_trips(5000);
	test_large();
	test_taken_back();
	test_descriptors();
	return done_testing();
}
