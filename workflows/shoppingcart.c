/* SPDX-License-Identifier: MIT */
/*
 * A cart that lives as a run: `wf signal ID add item=apple n=2`, `wf query ID cart`,
 * `wf update ID remove item=apple`, `wf signal ID checkout`. A cart that nobody touches is dropped.
 */
#include <wf.h>

#include <string.h>

struct cart {
	json_t *items; /* item -> number */
	bool paid;
	uint64_t touched;
};

static const char *item_of(const json_t *argument)
{
	return json_string_value(json_object_get(argument, "item"));
}

static void add(wf_ctx *wf, const json_t *payload, void *arg)
{
	struct cart *cart = (struct cart *)arg;
	const char *item = item_of(payload);
	json_t *n = json_object_get(payload, "n");
	json_int_t more = n ? json_integer_value(n) : 1;

	(void)wf;
	cart->touched++;
	if (item && more > 0)
		json_object_set_new(cart->items, item,
				    json_integer(more + json_integer_value(json_object_get(
								cart->items, item))));
}

static void checkout(wf_ctx *wf, const json_t *payload, void *arg)
{
	(void)wf;
	(void)payload;
	((struct cart *)arg)->paid = true;
}

static bool is_in(wf_ctx *wf, const json_t *argument, void *arg)
{
	const char *item = item_of(argument);

	if (item && json_object_get(((struct cart *)arg)->items, item))
		return true;
	wf_throw(wf, "not_in_cart", "'%s' is not in the cart", item ? item : "");
	return false;
}

static json_t *remove_item(wf_ctx *wf, const json_t *argument, void *arg)
{
	struct cart *cart = (struct cart *)arg;

	cart->touched++;
	json_object_del(cart->items, item_of(argument));
	return wf_json(wf, "O", cart->items);
}

static json_t *look(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)wf;
	(void)argument;
	return json_deep_copy(((struct cart *)arg)->items);
}

static json_t *charge(wf_attempt *a, const json_t *in)
{
	return json_pack("{s:O, s:s}", "items", in, "key", wf_idempotency_key(a));
}

static bool is_paid(wf_ctx *wf, void *arg)
{
	return ((struct cart *)arg)->paid && wf_handlers_done(wf);
}

static json_t *shoppingcart(wf_ctx *wf, const json_t *in)
{
	struct cart *cart = (struct cart *)wf_alloc(wf, sizeof *cart);
	wf_duration idle = json_integer_value(json_object_get(in, "idle_ms"));
	uint64_t before;

	cart->items = json_object();
	wf_on_query(wf, "cart", look, cart);
	wf_on_update(wf, "remove", is_in, remove_item, cart);
	wf_on_signal(wf, "add", add, cart);
	wf_on_signal(wf, "checkout", checkout, cart);
	do {
		before = cart->touched;
		if (wf_condition(wf, is_paid, cart, idle ? idle : WF_HOURS(1)))
			return wf_step(wf, charge, cart->items) ? wf_json(wf, "o", cart->items)
								: NULL;
	} while (cart->touched != before);
	return wf_throw(wf, "abandoned", "nobody came back to the cart");
}

WF_MODULE(WF_WORKFLOW(shoppingcart), WF_STEP(charge))
