/* SPDX-License-Identifier: MIT */
/*
 * searchattributes: tags of all types, set at the start and from the workflow, that lists find it
 * by.
 *
 *   wf run searchattributes --tag customer=acme --tag total=120
 *   wf list --where 'customer = acme and total > 100 and labels = urgent'
 */
#include <wf.h>

static json_t *price(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_real(json_number_value(in) * 1.19);
}

static json_t *searchattributes(wf_ctx *wf, const json_t *in)
{
	const json_t *total = json_object_get(wf_tags(wf), "total");
	const json_t *gross;

	(void)in;
	wf_tag(wf, "stage", json_string("pricing"));
	wf_tag(wf, "labels", json_pack("[s, s]", "urgent", "export"));
	gross = wf_step(wf, price, total);
	if (!gross)
		return NULL;
	wf_tag(wf, "gross", json_real(json_number_value(gross)));
	wf_tag(wf, "paid", json_false());
	wf_tag(wf, "due", json_integer(wf_now(wf)));
	wf_tag(wf, "stage", json_null());
	return json_deep_copy(wf_tags(wf));
}

WF_MODULE(WF_WORKFLOW(searchattributes), WF_STEP(price))
