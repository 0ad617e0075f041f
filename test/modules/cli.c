/* SPDX-License-Identifier: MIT */
/* Small workflows that the tests of the command line run: cli.so:NAME. */
#include <wf.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static json_t *echo(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_deep_copy(in);
}

/* Says something on both streams, then fails as often as it is told to. */
static json_t *talk(wf_attempt *a, const json_t *in)
{
	int fails = (int)json_integer_value(json_object_get(in, "fails"));

	printf("out of attempt %d\n", wf_attempt_number(a));
	fprintf(stderr, "err of attempt %d\n", wf_attempt_number(a));
	if (wf_attempt_number(a) <= fails)
		return wf_fail(a, "talked", "attempt %d would not", wf_attempt_number(a));
	return json_integer(wf_attempt_number(a));
}

/* Goes on once the file "until" is there, and says so in "begun" when it begins. */
static json_t *hold(wf_attempt *a, const json_t *in)
{
	const char *begun = json_string_value(json_object_get(in, "begun"));
	FILE *f = begun ? fopen(begun, "a") : NULL;

	if (f) {
		fprintf(f, "%d\n", wf_attempt_number(a));
		fclose(f);
	}
	while (access(json_string_value(json_object_get(in, "until")), F_OK) != 0) {
		if (wf_heartbeat(a, json_object_get(in, "total_ms")) < 0)
			return wf_fail(a, "stopped", "asked to stop");
		usleep(2000);
	}
	return json_true();
}

static json_t *worker(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	usleep(50000);
	return json_integer(getpid());
}

static json_t *same(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, echo, in);
}

static json_t *nothing(wf_ctx *wf, const json_t *in)
{
	(void)wf;
	(void)in;
	return json_null();
}

static json_t *talks(wf_ctx *wf, const json_t *in)
{
	wf_log(wf, "about to talk");
	return wf_step(wf, talk, in, .retry = {.attempts = 3, .first = WF_MILLISECONDS(1)});
}

static json_t *talks_slowly(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, talk, in, .retry = {.attempts = 3, .first = WF_SECONDS(2)});
}

static json_t *holds(wf_ctx *wf, const json_t *in)
{
	wf_log(wf, "about to hold");
	return wf_step(wf, hold, in,
		       .total_timeout = json_integer_value(json_object_get(in, "total_ms")));
}

static json_t *sleeps(wf_ctx *wf, const json_t *in)
{
	if (!wf_step(wf, echo, in))
		return NULL;
	wf_sleep(wf, json_integer_value(json_object_get(in, "ms")));
	return wf_step(wf, echo, in);
}

static json_t *counts(wf_ctx *wf, const json_t *in)
{
	json_int_t n = json_integer_value(json_object_get(in, "n"));

	for (json_int_t i = 0; i < n; i++)
		if (!wf_step(wf, echo, in))
			return NULL;
	return json_integer(n);
}

static json_t *shells(wf_ctx *wf, const json_t *in)
{
	return wf_shell(wf, "shell", json_string_value(json_object_get(in, "command")),
			.retry = {.attempts = 1});
}

/* A command after a wait: whoever resumes the run, it runs where and as the run was started. */
static json_t *later(wf_ctx *wf, const json_t *in)
{
	(void)in;
	wf_sleep(wf, 1);
	return wf_shell(wf, "shell", "echo $(pwd) $KEPT $GIVEN ${OTHER-unset}");
}

/* 40 descriptors more each time. */
static json_t *leak(wf_attempt *a, const json_t *in)
{
	(void)in;
	for (int i = 0; i < 40; i++)
		if (dup(1) < 0)
			return wf_fail(a, "leak", "no descriptor is left");
	return json_true();
}

static json_t *leaks(wf_ctx *wf, const json_t *in)
{
	json_int_t n = json_integer_value(json_object_get(in, "n"));

	for (json_int_t i = 0; i < n; i++)
		if (!wf_step(wf, leak, in, .retry = {.attempts = 2, .first = 1}))
			return NULL;
	return json_true();
}

/* Never gives way. */
static json_t *spins(wf_ctx *wf, const json_t *in)
{
	FILE *begun;

	if (!wf_step(wf, echo, in))
		return NULL;
	begun = fopen(json_string_value(json_object_get(in, "begun")), "w");
	if (begun && fputs("begun\n", begun) != EOF)
		fclose(begun);
	for (volatile int i = 0;; i++)
		;
}

/* How many workers it takes for four steps at once. */
static json_t *workers(wf_ctx *wf, const json_t *in)
{
	wf_future *all[4];
	int different = 0;

	for (int i = 0; i < 4; i++)
		all[i] = wf_start(wf, worker, in);
	if (!wf_await_all(wf, all, 4))
		return NULL;
	for (int i = 0; i < 4; i++) {
		int before = 0;

		while (before < i && !json_equal(wf_value(all[before]), wf_value(all[i])))
			before++;
		different += before == i;
	}
	return json_integer(different);
}

WF_MODULE(WF_WORKFLOW(same), WF_WORKFLOW(nothing), WF_WORKFLOW(talks), WF_WORKFLOW(talks_slowly),
	  WF_WORKFLOW(holds), WF_WORKFLOW(sleeps), WF_WORKFLOW(counts), WF_WORKFLOW(shells),
	  WF_WORKFLOW(later), WF_STEP(echo), WF_STEP(talk), WF_STEP(hold), WF_WORKFLOW(workers),
	  WF_STEP(worker), WF_WORKFLOW(leaks), WF_STEP(leak), WF_WORKFLOW(spins))
