/* SPDX-License-Identifier: MIT */
/* One of several steps, by the outcome of another: order fruit, whatever the basket asks for. */
#include <wf.h>

#include <string.h>

static const char *const fruits[] = {"apple", "banana", "cherry", "orange"};

static json_t *next_order(wf_attempt *a, const json_t *in)
{
	json_int_t n = json_integer_value(json_object_get(in, "basket"));

	(void)a;
	return json_string(fruits[n < 0 || n > 3 ? 0 : n]);
}

static json_t *order_apple(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("an apple a day");
}

static json_t *order_banana(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("bananas, curved");
}

static json_t *order_cherry(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("cherries, a bowl");
}

static json_t *choice_exclusive(wf_ctx *wf, const json_t *in)
{
	const char *fruit = json_string_value(wf_step(wf, next_order, in));

	if (!fruit)
		return NULL;
	if (strcmp(fruit, "apple") == 0)
		return wf_step(wf, order_apple, in);
	if (strcmp(fruit, "banana") == 0)
		return wf_step(wf, order_banana, in);
	if (strcmp(fruit, "cherry") == 0)
		return wf_step(wf, order_cherry, in);
	return wf_throw(wf, "unknown_fruit", "nobody sells %s", fruit);
}

WF_MODULE(WF_WORKFLOW(choice_exclusive), WF_STEP(next_order), WF_STEP(order_apple),
	  WF_STEP(order_banana), WF_STEP(order_cherry))
