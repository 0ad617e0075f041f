/* SPDX-License-Identifier: MIT */
/*
 * Many records, each handled by a child, at most `window` children at once. A child
 * says by a signal that its record is done, and the next one begins. After `page`
 * children the window continues as new, so that its history stays short however many
 * records there are; those that are open then outlive the generation, and their
 * signals reach the next one. The batch has as many windows side by side as it has
 * `partitions`.
 *
 *   wf run batch-sliding-window.so:batch --id b records=1000 window=20
 *   wf resume       after a crash: all, for a child that has outlived its generation
 *                   is a run of its own, that its parent does not drive
 */
#include <wf.h>

#define PARTITIONS_MOST 16

static json_int_t option(const json_t *in, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(in, name);

	return value ? json_integer_value(value) : otherwise;
}

static json_t *record(wf_ctx *wf, const json_t *in)
{
	json_t *number = json_object_get(in, "record");

	wf_sleep(wf, WF_MILLISECONDS(wf_random(wf) % 5));
	if (wf_signal(wf, json_string_value(json_object_get(in, "window")), "done", number) < 0)
		return NULL;
	return number;
}

/* Wait until fewer than most are open. False: cancelled. */
static bool slide(wf_ctx *wf, json_int_t most, json_int_t *open, json_int_t *sum)
{
	while (*open >= most) {
		const json_t *number = wf_receive(wf, "done");

		if (!number)
			return false;
		*sum += json_integer_value(number);
		--*open;
	}
	return true;
}

static void begin(wf_ctx *wf, json_int_t number)
{
	json_t *in = wf_json(wf, "{s:I, s:s}", "record", number, "window", wf_run_id(wf));

	wf_forget(wf, wf_child_start(wf, "record", in, .on_close = WF_CLOSE_ABANDON));
	json_decref(in);
}

static json_t *window(wf_ctx *wf, const json_t *in)
{
	json_int_t next = option(in, "from", 1), end = option(in, "to", 0);
	json_int_t open = option(in, "open", 0), sum = option(in, "sum", 0);
	json_int_t stop = next + option(in, "page", 50);
	json_t *state;

	for (; next <= end && next < stop; open++) {
		if (!slide(wf, option(in, "window", 10), &open, &sum))
			return NULL;
		begin(wf, next++);
	}
	if (next > end)
		return slide(wf, 1, &open, &sum) ? wf_json(wf, "{s:I, s:i}", "sum", sum,
							   "generations", wf_generation(wf))
						 : NULL;
	state = json_copy((json_t *)in);
	json_object_set_new(state, "from", json_integer(next));
	json_object_set_new(state, "open", json_integer(open));
	json_object_set_new(state, "sum", json_integer(sum));
	wf_continue_as_new(wf, state);
	json_decref(state);
	return NULL;
}

static wf_future *begin_window(wf_ctx *wf, const json_t *in, json_int_t from, json_int_t to)
{
	json_t *part = json_copy((json_t *)in);
	wf_future *begun;

	json_object_set_new(part, "from", json_integer(from));
	json_object_set_new(part, "to", json_integer(to));
	begun = wf_child_start(wf, "window", part);
	json_decref(part);
	return begun;
}

static json_t *batch(wf_ctx *wf, const json_t *in)
{
	json_int_t records = option(in, "records", 100), n = option(in, "partitions", 3);
	json_int_t sum = 0, generations = 0;
	wf_future *windows[PARTITIONS_MOST];

	if (n < 1 || n > PARTITIONS_MOST)
		return wf_throw(wf, "bad_input", "partitions is not between 1 and %d",
				PARTITIONS_MOST);
	if (option(in, "window", 10) < 1 || option(in, "page", 50) < 1)
		return wf_throw(wf, "bad_input", "window and page are 1 or more");
	for (json_int_t i = 0; i < n; i++)
		windows[i] = begin_window(wf, in, 1 + records * i / n, records * (i + 1) / n);
	if (!wf_await_all(wf, windows, (size_t)n))
		return NULL;
	for (json_int_t i = 0; i < n; i++) {
		sum += option(wf_value(windows[i]), "sum", 0);
		generations += option(wf_value(windows[i]), "generations", 0);
	}
	return wf_json(wf, "{s:I, s:I, s:I}", "records", records, "sum", sum, "generations",
		       generations);
}

WF_MODULE(WF_WORKFLOW(batch), WF_WORKFLOW(window), WF_WORKFLOW(record))
