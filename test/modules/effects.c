/* SPDX-License-Identifier: MIT */
/*
 * Workflows whose steps leave marks in a file, so that a test can tell from
 * the effects alone what ran, how often, and whether two drivers overlapped.
 *
 * A mark is one line, written by one append: "begin KEY ATTEMPT PID
 * DRIVER" or "end ...". KEY is the idempotency key, DRIVER what $WF_MARK_DRIVER says.
 */
#include <wf.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOON \
	{ \
		.first = WF_MILLISECONDS(5) \
	}

static const char *text(const json_t *in, const char *name)
{
	return json_string_value(json_object_get(in, name));
}

static int mark(const wf_attempt *a, const json_t *in, const char *word)
{
	const char *driver = getenv("WF_MARK_DRIVER");
	char line[300];
	int n = snprintf(line, sizeof line, "%s %s %d %d %s\n", word, wf_idempotency_key(a),
			 wf_attempt_number(a), (int)getpid(), driver ? driver : "-");
	int fd = open(text(in, "marks"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	int rc = fd >= 0 && write(fd, line, (size_t)n) == n ? 0 : -1;

	if (fd >= 0)
		close(fd);
	return rc;
}

static json_t *work(wf_attempt *a, const json_t *in)
{
	if (mark(a, in, "begin") < 0)
		return wf_fail(a, "marks", "cannot mark");
	usleep((useconds_t)json_integer_value(json_object_get(in, "us")));
	if (mark(a, in, "end") < 0)
		return wf_fail(a, "marks", "cannot mark");
	return json_integer(json_integer_value(json_object_get(in, "n")) * 2);
}

static json_t *flaky(wf_attempt *a, const json_t *in)
{
	if (wf_attempt_number(a) < 3)
		return mark(a, in, "begin") < 0
			       ? NULL
			       : wf_fail(a, "flaky", "attempt %d", wf_attempt_number(a));
	return work(a, in);
}

static json_t *once(wf_attempt *a, const json_t *in)
{
	return work(a, in);
}

static json_t *undo(wf_attempt *a, const json_t *in)
{
	return work(a, in);
}

static json_t *broken(wf_attempt *a, const json_t *in)
{
	(void)in;
	return wf_fail_permanently(a, "broken", "always");
}

static json_t *part(wf_ctx *wf, const json_t *in, int n)
{
	return wf_json(wf, "{s:O, s:O?, s:i}", "marks", json_object_get(in, "marks"), "us",
		       json_object_get(in, "us"), "n", n);
}

static json_int_t sequence(wf_ctx *wf, const json_t *in, int from, int count)
{
	json_int_t sum = 0;

	for (int i = 0; i < count; i++) {
		json_t *one = part(wf, in, from + i);
		sum += json_integer_value(wf_step(wf, work, one, .retry = SOON));
		json_decref(one);
	}
	return sum;
}

static json_int_t fan_out(wf_ctx *wf, const json_t *in, int from, int count)
{
	wf_future *futures[64];
	json_int_t sum = 0;

	for (int i = 0; i < count; i++) {
		json_t *one = part(wf, in, from + i);
		futures[i] = wf_start(wf, work, one, .retry = SOON);
		json_decref(one);
	}
	wf_await_all(wf, futures, (size_t)count);
	for (int i = 0; i < count; i++)
		sum += json_integer_value(wf_value(futures[i]));
	return sum;
}

/* ---- mail: counted, answered, and without effect on the result */

static void note(wf_ctx *wf, const json_t *payload, void *arg)
{
	(void)wf;
	(void)payload;
	++*(int *)arg;
}

static json_t *notes(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)wf;
	(void)argument;
	return json_integer(*(int *)arg);
}

static json_t *add(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)wf;
	++*(int *)arg;
	return json_integer(json_integer_value(argument) + 1);
}

static void take_mail(wf_ctx *wf)
{
	int *count = wf_alloc(wf, sizeof *count);

	wf_on_signal(wf, "note", note, count);
	wf_on_query(wf, "notes", notes, count);
	wf_on_update(wf, "add", NULL, add, count);
}

/* One of everything; its result depends on all outcomes and on nothing else. */
static json_t *effects(wf_ctx *wf, const json_t *in)
{
	json_t *last = part(wf, in, 100);
	json_t *ran;
	const wf_failure *failed = NULL;
	json_int_t sum;

	take_mail(wf);
	sum = sequence(wf, in, 1, 4);
	sum += fan_out(wf, in, 10, 8);
	wf_sleep(wf, WF_MILLISECONDS(20));
	sum += json_integer_value(wf_step(wf, flaky, last, .retry = SOON));
	sum += json_integer_value(wf_step(wf, work, last, .run_inline = true));
	ran = wf_shell(wf, "shell", "printf '%s' hello");
	if (!wf_step(wf, once, last, .at_most_once = true))
		failed = wf_error(wf);
	sum += sequence(wf, in, 200, 3);
	json_decref(last);
	return wf_json(wf, "{s:I, s:O?, s:s}", "sum", sum, "shell", json_object_get(ran, "stdout"),
		       "once", failed ? failed->type : "done");
}

/* Fails after two registered compensations. */
static json_t *effects_undone(wf_ctx *wf, const json_t *in)
{
	json_t *first = part(wf, in, 1), *second = part(wf, in, 2);

	if (wf_step(wf, work, first))
		wf_compensate(wf, undo, first);
	if (wf_step(wf, work, second))
		wf_compensate(wf, undo, second);
	json_decref(first);
	json_decref(second);
	wf_step(wf, broken, NULL);
	return NULL;
}

WF_MODULE(WF_WORKFLOW(effects), WF_WORKFLOW(effects_undone), WF_STEP(work), WF_STEP(flaky),
	  WF_STEP(once), WF_STEP(undo), WF_STEP(broken))
