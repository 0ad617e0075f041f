/* SPDX-License-Identifier: MIT */
/* Several steps at once, as many as the outcome of another says: everything in the basket. */
#include <wf.h>

#define MOST 16

static json_t *basket(wf_attempt *a, const json_t *in)
{
	json_t *fruits = json_object_get(in, "fruits");

	if (!json_array_size(fruits) || json_array_size(fruits) > MOST)
		return wf_fail_permanently(a, "bad_basket", "a basket holds 1 to %d fruits", MOST);
	return fruits;
}

static json_t *order(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_pack("{s:O, s:b}", "fruit", in, "ordered", 1);
}

static json_t *choice_multi(wf_ctx *wf, const json_t *in)
{
	json_t *fruits = wf_step(wf, basket, in), *fruit, *done;
	wf_future *orders[MOST];
	size_t i, n = json_array_size(fruits);

	if (!fruits)
		return NULL;
	json_array_foreach (fruits, i, fruit)
		orders[i] = wf_start(wf, order, fruit);
	if (!wf_await_all(wf, orders, n))
		return NULL;
	done = json_array();
	for (i = 0; i < n; i++)
		json_array_append(done, json_object_get(wf_value(orders[i]), "fruit"));
	return done;
}

WF_MODULE(WF_WORKFLOW(choice_multi), WF_STEP(basket), WF_STEP(order))
