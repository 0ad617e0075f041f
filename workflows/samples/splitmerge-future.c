/* SPDX-License-Identifier: MIT */
/*
 * Split the work into chunks, handle all at once, merge the results in the order
 * of the chunks.
 *
 *   wf run splitmerge-future.so workers=5
 */
#include <wf.h>

#define WORKERS_MOST 64

static json_t *chunk(wf_attempt *a, const json_t *in)
{
	json_int_t id = json_integer_value(in);

	if (id < 1)
		return wf_fail_permanently(a, "bad_chunk", "there is no chunk %lld", (long long)id);
	return json_pack("{s:I, s:I}", "items", id, "sum", id * 10);
}

static json_t *split_merge(wf_ctx *wf, const json_t *in)
{
	const json_t *workers = json_object_get(in, "workers");
	size_t n = workers ? (size_t)json_integer_value(workers) : 3;
	wf_future *results[WORKERS_MOST];
	json_int_t items = 0, sum = 0;

	if (n < 1 || n > WORKERS_MOST)
		return wf_throw(wf, "bad_input", "workers is not between 1 and %d", WORKERS_MOST);
	for (size_t i = 0; i < n; i++) {
		json_t *id = json_integer((json_int_t)i + 1);

		results[i] = wf_start(wf, chunk, id);
		json_decref(id);
	}
	for (size_t i = 0; i < n; i++) {
		json_t *result = wf_await(wf, results[i]);

		if (!result)
			return NULL;
		items += json_integer_value(json_object_get(result, "items"));
		sum += json_integer_value(json_object_get(result, "sum"));
	}
	return wf_json(wf, "{s:I, s:I}", "items", items, "sum", sum);
}

WF_MODULE(WF_WORKFLOW(split_merge), WF_STEP(chunk))
