/* SPDX-License-Identifier: MIT */
/*
 * Many records, each handled by a child, at most `window` children at once. A
 * next child begins as soon as any has ended. After `page` records the batch
 * continues as new, so that its history stays short however many there are.
 *
 *   wf run batch-sliding-window.so:batch --id b records=1000 window=20
 */
#include <wf.h>

#define WINDOW_MOST 100

static json_t *record(wf_ctx *wf, const json_t *in)
{
	wf_sleep(wf, WF_MILLISECONDS(wf_random(wf) % 5));
	return json_object_get(in, "record");
}

struct window {
	wf_future *open[WINDOW_MOST];
	size_t n;
};

static void begin(wf_ctx *wf, struct window *w, json_int_t number)
{
	json_t *in = wf_json(wf, "{s:I}", "record", number);

	w->open[w->n++] = wf_child_start(wf, "record", in);
	json_decref(in);
}

/* Wait for whichever child ends first: its record, or -1. */
static json_int_t take_one(wf_ctx *wf, struct window *w)
{
	size_t i = wf_await_any(wf, w->open, w->n);
	json_t *value = wf_await(wf, w->open[i]);
	json_int_t number = value ? json_integer_value(value) : -1;

	wf_forget(wf, w->open[i]);
	w->open[i] = w->open[--w->n];
	return number;
}

static json_int_t option(const json_t *in, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(in, name);

	return value ? json_integer_value(value) : otherwise;
}

static json_t *batch(wf_ctx *wf, const json_t *in)
{
	json_int_t records = option(in, "records", 100), width = option(in, "window", 10);
	json_int_t done = option(in, "done", 0), sum = option(in, "sum", 0);
	json_int_t end = done + option(in, "page", 50), started = done;
	struct window w = {.n = 0};
	json_t *next;

	if (width < 1 || width > WINDOW_MOST)
		return wf_throw(wf, "bad_input", "window is not between 1 and %d", WINDOW_MOST);
	if (end > records)
		end = records;
	while (done < end) {
		json_int_t number;

		while (started < end && (json_int_t)w.n < width)
			begin(wf, &w, ++started);
		number = take_one(wf, &w);
		if (number < 0)
			return NULL;
		sum += number;
		done++;
	}
	if (done == records)
		return wf_json(wf, "{s:I, s:I, s:i}", "records", done, "sum", sum, "generations",
			       wf_generation(wf));
	next = json_deep_copy(in);
	json_object_set_new(next, "done", json_integer(done));
	json_object_set_new(next, "sum", json_integer(sum));
	wf_continue_as_new(wf, next);
	json_decref(next);
	return NULL;
}

WF_MODULE(WF_WORKFLOW(batch), WF_WORKFLOW(record))
