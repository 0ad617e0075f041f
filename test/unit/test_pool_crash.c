/* SPDX-License-Identifier: MIT */
/* Steps that die, leave, scribble and print: each costs its own attempt and nothing else. */
#include "pool_fixture.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

static json_t *fine(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_incref((json_t *)(uintptr_t)in);
}

static json_t *die(wf_attempt *a, const json_t *in)
{
	(void)a;
	fprintf(stdout, "said");
	fflush(stdout);
	fprintf(stderr, "last words\n");
	raise((int)json_integer_value(in));
	return json_null();
}

static json_t *leave(wf_attempt *a, const json_t *in)
{
	(void)a;
	if (json_integer_value(in) >= 100)
		_exit((int)json_integer_value(in) - 100);
	exit((int)json_integer_value(in));
}

static json_t *overrun(wf_attempt *a, const json_t *in)
{
	volatile char block[4096];

	memset((void *)block, (int)json_integer_value(in), sizeof block);
	return block[17] == 1 ? overrun(a, in) : json_null();
}

static int own_socket(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		int type;
		socklen_t n = sizeof type;
		if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0)
			return fd;
	}
	return -1;
}

static json_t *scribble(wf_attempt *a, const json_t *in)
{
	static const char text[] =
		"this is not what the driver expects to read from its worker, not at all, no";

	(void)a;
	(void)in;
	if (write(own_socket(), text, sizeof text) < 0)
		return json_false();
	for (;;)
		pause();
}

static json_t *close_all(wf_attempt *a, const json_t *in)
{
	(void)a;
	for (int fd = 0; fd < 100; fd++)
		close(fd);
	while (json_is_null(in))
		pause();
	return json_null();
}

static json_t *come_back_twice(wf_attempt *a, const json_t *in)
{
	pid_t pid = fork();

	(void)a;
	(void)in;
	if (pid == 0)
		return json_string("child");
	waitpid(pid, NULL, 0);
	return json_string("parent");
}

static json_t *print(wf_attempt *a, const json_t *in)
{
	const char *text = json_string_value(in);

	(void)a;
	printf("%s", text);
	if (wf_attempt_number(a) > 1)
		fprintf(stderr, "%s!\n", text);
	return json_null();
}

static void test_signals(void)
{
	static const struct {
		int number;
		const char *name;
	} signals[] = {{SIGSEGV, "SEGV"}, {SIGABRT, "ABRT"}, {SIGBUS, "BUS"},   {SIGFPE, "FPE"},
		       {SIGILL, "ILL"},   {SIGKILL, "KILL"}, {SIGHUP, "HUP"},   {SIGINT, "INT"},
		       {SIGQUIT, "QUIT"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGUSR1, "USR1"},
		       {SIGUSR2, "USR2"}, {SIGXCPU, "XCPU"}, {SIGSYS, "SYS"}};
	struct fixture f;
	struct result r = {0};
	struct rlimit no_core = {0, 0};

	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	fixture_open(&f, 1, 0);
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		char message[40], details[80];
		snprintf(message, sizeof message, "killed by SIG%s", signals[i].name);
		snprintf(details, sizeof details, "{\"signal\":%d,\"stderr\":\"last words\\n\"}",
			 signals[i].number);
		RUN(&f, &r, .function = die, .input = json_integer(signals[i].number),
		    .log_base = path_of(&f, "d"));
		is_str(field(&r, "message"), message, "SIG%s is named", signals[i].name);
		is_str(field(&r, "details"), details, "SIG%s: with the last words",
		       signals[i].name);
	}
	is_str(field(&r, "type"), "crashed", "the type is crashed");
	ok(file_is(path_of(&f, "d.out"), "said"), "stdout is in the log");
	ok(file_is(path_of(&f, "d.err"), "last words\n"), "stderr too");
	is_int(files_in(f.folder), 2, "and nothing else is left");
	RUN(&f, &r, .function = fine, .input = json_true());
	is_str(r.text, "true", "the next attempt runs");
	RUN(&f, &r, .function = overrun, .input = json_integer(1));
	is_str(field(&r, "message"), "killed by SIGSEGV", "so is the overflow of the stack");
	result_clear(&r);
	fixture_close(&f);
	signal(SIGPIPE, SIG_DFL);
}

static void test_exits(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = leave, .input = json_integer(3));
	is_str(field(&r, "message"), "exited with status 3 during the step", "exit() is a crash");
	is_str(field(&r, "details"), "{\"status\":3}", "with the status");
	RUN(&f, &r, .function = leave, .input = json_integer(0));
	is_str(field(&r, "message"), "exited with status 0 during the step", "exit(0) too");
	RUN(&f, &r, .function = leave, .input = json_integer(104));
	is_str(field(&r, "message"), "exited with status 4 during the step", "_exit() too");
	result_clear(&r);
	fixture_close(&f);
}

static void test_others_unharmed(void)
{
	struct fixture f;
	struct result r[400] = {0};
	int good = 0, crashed = 0;

	fixture_open(&f, 2, 0);
	for (int i = 0; i < 400; i++)
		submit(&f, &r[i],
		       (struct ask){.function = i % 20 == 19 ? die : fine,
				    .input = json_integer(SIGKILL)});
	settle(&f);
	for (int i = 0; i < 400; i++) {
		if (i % 20 == 19)
			crashed += r[i].outcomes == 1 && !strcmp(field(&r[i], "type"), "crashed");
		else
			good += r[i].outcomes == 1 && r[i].result == POOL_COMPLETED;
		result_clear(&r[i]);
	}
	is_int(crashed, 20, "of 400 attempts the 20 that crash fail");
	is_int(good, 380, "and what was sent behind them is done, uncounted");
	fixture_close(&f);
	ok(no_children(), "no process is left");
}

static void test_scribbling(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = scribble);
	is_str(field(&r, "type"), "crashed",
	       "a step that writes into the worker's socket has crashed");
	has_str(field(&r, "message"), "garbled", "and is told so");
	RUN(&f, &r, .function = close_all);
	has_str(field(&r, "message"), "closed the worker's connection",
		"one that closes all descriptors too");
	RUN(&f, &r, .function = come_back_twice);
	is_str(r.text, "\"parent\"", "a forked child that returns is no second worker");
	RUN(&f, &r, .function = fine, .input = json_true());
	is_str(r.text, "true", "the next attempt runs");
	result_clear(&r);
	fixture_close(&f);
	ok(no_children(), "no process is left");
}

static void test_printing(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	RUN(&f, &r, .function = print, .input = json_string("one"), .log_base = path_of(&f, "1"));
	ok(file_is(path_of(&f, "1.out"), "one"), "what a step prints is in its log");
	is_int(files_in(f.folder), 1, "silence leaves no file");
	RUN(&f, &r, .function = print, .input = json_string("two"), .attempt = 2,
	    .log_base = path_of(&f, "2"));
	ok(file_is(path_of(&f, "2.out"), "two"), "each attempt has its own");
	ok(file_is(path_of(&f, "2.err"), "two!\n"), "and one for stderr");
	RUN(&f, &r, .function = print, .input = json_string("nowhere"));
	RUN(&f, &r, .function = print, .input = json_string("3"), .log_base = path_of(&f, "3"));
	ok(file_is(path_of(&f, "3.out"), "3"), "what has no log is gone");
	RUN(&f, &r, .function = print, .input = json_string("4"),
	    .log_base = path_of(&f, "missing/4"));
	is_int(r.result, POOL_COMPLETED, "a log that cannot be written harms nobody");
	result_clear(&r);
	fixture_close(&f);
}

static void test_no_workers(void)
{
	struct fixture f;
	struct result r = {0};
	struct rlimit limit, few;

	fixture_open(&f, 1, 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	few = (struct rlimit){3, limit.rlim_max};
	setrlimit(RLIMIT_NOFILE, &few);
	RUN(&f, &r, .function = fine);
	setrlimit(RLIMIT_NOFILE, &limit);
	is_str(field(&r, "type"), "system", "when no worker can be had the outcome says so");
	is_str(field(&r, "message"), "cannot fork a worker: Too many open files", "and why");
	RUN(&f, &r, .function = fine, .input = json_true());
	is_str(r.text, "true", "and later there is one");
	result_clear(&r);
	fixture_close(&f);
}

/* A program that embeds the engine may wait for any child. */
static void test_taken(void)
{
	struct fixture f;
	struct result r = {0};

	fixture_open(&f, 1, 0);
	submit(&f, &r, (struct ask){.function = leave, .input = json_integer(103)});
	pool_flush(f.pool);
	uv_run(&f.loop, UV_RUN_NOWAIT);
	while (waitpid(-1, NULL, 0) < 0 && errno == EINTR)
		;
	alarm(20);
	settle(&f);
	alarm(0);
	is_str(field(&r, "type"), "crashed", "a worker that was waited for elsewhere is dead too");
	RUN(&f, &r, .function = fine, .input = json_true());
	is_str(r.text, "true", "and another takes its place");
	result_clear(&r);
	fixture_close(&f);
}

int main(void)
{
	int before;

	test_signals(); /* libuv opens some for good */
	before = files_in("/proc/self/fd");
	test_exits();
	test_others_unharmed();
	test_scribbling();
	test_printing();
	test_no_workers();
	test_taken();
	is_int(files_in("/proc/self/fd"), before, "no descriptor leaks");
	return done_testing();
}
