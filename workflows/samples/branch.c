/* SPDX-License-Identifier: MIT */
/*
 * Several branches at once, each a step; the workflow ends when all have.
 *
 *   wf run branch.so branches=3
 */
#include <wf.h>

#define BRANCHES_MOST 64

static json_t *work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_sprintf("branch %lld", json_integer_value(in));
}

static json_t *branch(wf_ctx *wf, const json_t *in)
{
	const json_t *branches = json_object_get(in, "branches");
	size_t n = branches ? (size_t)json_integer_value(branches) : 3;
	wf_future *all[BRANCHES_MOST];
	json_t *results;

	if (n < 1 || n > BRANCHES_MOST)
		return wf_throw(wf, "bad_input", "branches is not between 1 and %d", BRANCHES_MOST);
	for (size_t i = 0; i < n; i++) {
		json_t *number = json_integer((json_int_t)i + 1);

		all[i] = wf_start(wf, work, number);
		json_decref(number);
	}
	if (!wf_await_all(wf, all, n))
		return NULL;
	results = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append(results, wf_value(all[i]));
	return results;
}

WF_MODULE(WF_WORKFLOW(branch), WF_STEP(work))
