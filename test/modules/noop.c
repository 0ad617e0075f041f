/* SPDX-License-Identifier: MIT */
/* Steps that do nothing, for benchmarks: n one after the other, or n at once; n and then a day's
 * rest; n commands; n, then one that can be killed, and n more. */
#include <wf.h>

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static json_t *nothing(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_null();
}

/* The first time it makes the file and stays; the next time it writes into it when that was, in
 * nanoseconds. */
static json_t *hold(wf_attempt *a, const json_t *in)
{
	const char *file = json_string_value(json_object_get(in, "file"));
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	while (fd >= 0)
		pause();
	fd = open(file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || dprintf(fd, "%lld%09ld\n", (long long)now.tv_sec, now.tv_nsec) < 0)
		return wf_fail(a, "file", "cannot write '%s'", file);
	close(fd);
	return json_null();
}

static size_t number(const json_t *in)
{
	json_int_t n = json_integer_value(json_object_get(in, "n"));

	return n > 0 ? (size_t)n : 1;
}

static json_t *noop(wf_ctx *wf, const json_t *in)
{
	json_t *result;
	size_t n = number(in);

	for (size_t i = 0; i < n; i++) {
		if (!(result = wf_step(wf, nothing, NULL)))
			return NULL;
		wf_release(wf, result);
	}
	return json_integer((json_int_t)n);
}

static json_t *fan(wf_ctx *wf, const json_t *in)
{
	size_t n = number(in);
	wf_future **all = calloc(n, sizeof(wf_future *));
	bool done;

	if (!all)
		return wf_throw(wf, "memory", "no memory for %zu futures", n);
	for (size_t i = 0; i < n; i++)
		all[i] = wf_start(wf, nothing, NULL);
	done = wf_await_all(wf, all, n);
	free(all);
	return done ? json_integer((json_int_t)n) : NULL;
}

static json_t *rest(wf_ctx *wf, const json_t *in)
{
	json_t *done = noop(wf, in);

	if (done)
		wf_sleep(wf, WF_DAYS(1));
	return done;
}

static json_t *commands(wf_ctx *wf, const json_t *in)
{
	size_t n = number(in);

	for (size_t i = 0; i < n; i++)
		if (!wf_exec(wf, "true", ((const char *[]){"true", NULL})))
			return NULL;
	return json_integer((json_int_t)n);
}

static json_t *held(wf_ctx *wf, const json_t *in)
{
	json_t *(*some)(wf_ctx *, const json_t *) = json_is_true(json_object_get(in, "commands"))
							    ? commands
							    : noop;

	if (!some(wf, in) || !wf_step(wf, hold, in))
		return NULL;
	return json_object_get(in, "more") ? some(wf, json_object_get(in, "more")) : json_null();
}

WF_MODULE(WF_WORKFLOW(noop), WF_WORKFLOW(fan), WF_WORKFLOW(rest), WF_WORKFLOW(commands),
	  WF_WORKFLOW(held), WF_STEP(nothing), WF_STEP(hold))
