/* SPDX-License-Identifier: MIT */
/* Workflows that tests send signals, queries and updates to. */
#include <wf.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *work(wf_attempt *a, const json_t *in)
{
	long ms = json_integer_value(json_object_get(in, "ms"));

	(void)a;
	usleep((useconds_t)ms * 1000);
	return json_deep_copy(in);
}

/* Counts "add" until "done", then what is left of "add" without waiting. */
static json_t *count(wf_ctx *wf, const json_t *in)
{
	wf_future *add = wf_receive_start(wf, "add"), *done = wf_receive_start(wf, "done");
	json_int_t sum = 0, n = 0, last = 0, disorder = 0;
	const json_t *value;

	(void)in;
	while (wf_await_any(wf, (wf_future *[]){add, done}, 2) == 0) {
		value = wf_value(add);
		sum += json_integer_value(value);
		disorder += json_integer_value(value) < last;
		last = json_integer_value(value);
		n++;
		wf_release(wf, value);
		wf_forget(wf, add);
		add = wf_receive_start(wf, "add");
	}
	wf_forget(wf, add);
	while ((value = wf_receive_now(wf, "add"))) {
		sum += json_integer_value(value);
		n++;
	}
	return wf_json(wf, "{s:I, s:I, s:I}", "n", n, "sum", sum, "disorder", disorder);
}

/* ---- everything at once */

struct box {
	wf_ctx *wf;
	json_t *notes; /* names and payloads in the order in which their handlers began */
	int finished;
	bool stop;
	char stage[16];
};

static void note(wf_ctx *wf, const json_t *payload, void *arg)
{
	struct box *box = arg;

	json_array_append_new(box->notes, json_pack("[s, O]", wf_signal_name(wf), payload));
	if (json_is_true(json_object_get(payload, "slow")))
		wf_step(wf, work, payload);
	box->finished++;
}

static void stop(wf_ctx *wf, const json_t *payload, void *arg)
{
	(void)wf;
	(void)payload;
	((struct box *)arg)->stop = true;
}

static bool stopped(wf_ctx *wf, void *arg)
{
	return ((struct box *)arg)->stop && wf_handlers_done(wf);
}

static json_t *notes(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct box *box = arg;

	if (argument && json_is_string(argument))
		return wf_throw(wf, "bad_argument", "'%s' is not understood",
				json_string_value(argument));
	if (json_is_true(json_object_get(argument, "work")) && !wf_step(wf, work, argument))
		return NULL;
	return json_pack("{s:O, s:i, s:s}", "notes", box->notes, "finished", box->finished, "stage",
			 box->stage);
}

static bool is_positive(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)arg;
	if (json_integer_value(json_object_get(argument, "n")) > 0)
		return true;
	wf_throw(wf, "not_positive", "n must be more than 0");
	return false;
}

static json_t *add(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct box *box = arg;
	json_int_t n = json_integer_value(json_object_get(argument, "n"));

	if (n == 13)
		return wf_throw(wf, "unlucky", "not 13");
	if (!wf_step(wf, work, argument))
		return NULL;
	if (json_is_true(json_object_get(argument, "sleep")) && wf_sleep(wf, WF_SECONDS(2)) < 0)
		return NULL;
	box->finished += (int)n;
	return wf_json(wf, "{s:i}", "finished", box->finished);
}

static json_t *mailbox(wf_ctx *wf, const json_t *in)
{
	struct box *box = wf_alloc(wf, sizeof *box);

	(void)in;
	box->notes = json_array();
	strcpy(box->stage, "open");
	wf_on_signal(wf, "stop", stop, box);
	wf_on_signal(wf, NULL, note, box);
	wf_on_query(wf, "notes", notes, box);
	wf_on_update(wf, "add", is_positive, add, box);
	if (!wf_condition(wf, stopped, box, 0))
		return NULL;
	strcpy(box->stage, "closed");
	return wf_json(wf, "{s:o, s:i}", "notes", box->notes, "finished", box->finished);
}

/* What a query reads lies in the workflow's own frame. */
static json_t *level(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)wf;
	(void)argument;
	return json_integer(*(volatile int *)arg);
}

static json_t *framed(wf_ctx *wf, const json_t *in)
{
	volatile int here = 1;

	(void)in;
	wf_on_query(wf, "level", level, (void *)(uintptr_t)&here);
	if (!wf_receive(wf, "go"))
		return NULL;
	here = 2;
	return json_null();
}

/* ---- from run to run */

/* Sends n signals "add" and then "done" to run `to`; fails when one cannot be sent. */
static json_t *sender(wf_ctx *wf, const json_t *in)
{
	const char *to = json_string_value(json_object_get(in, "to"));
	json_int_t n = json_integer_value(json_object_get(in, "n"));

	for (json_int_t i = 1; i <= n; i++) {
		json_t *payload = json_integer(i);
		int rc = wf_signal(wf, to, "add", payload);
		json_decref(payload);
		if (rc < 0)
			return NULL;
	}
	return wf_signal(wf, to, "done", NULL) < 0 ? NULL : wf_json(wf, "I", n);
}

WF_MODULE(WF_WORKFLOW(count), WF_WORKFLOW(mailbox), WF_WORKFLOW(framed), WF_WORKFLOW(sender),
	  WF_STEP(work))
