/* SPDX-License-Identifier: MIT */
/* Steps so small that they run in the driver itself: recorded and retried, but not isolated. */
#include <wf.h>

static json_t *get_greeting(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("Hello");
}

static json_t *get_name(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_object_get(in, "name");
}

static json_t *say_greeting(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_sprintf("%s %s!", json_string_value(json_array_get(in, 0)),
			    json_string_value(json_array_get(in, 1)));
}

static json_t *greetingslocal(wf_ctx *wf, const json_t *in)
{
	json_t *greeting = wf_step(wf, get_greeting, in, .run_inline = true);
	json_t *name = wf_step(wf, get_name, in, .run_inline = true);
	json_t *both = greeting && name ? json_pack("[O, O]", greeting, name) : NULL;
	json_t *said = both ? wf_step(wf, say_greeting, both, .run_inline = true) : NULL;

	json_decref(both);
	return said;
}

WF_MODULE(WF_WORKFLOW(greetingslocal), WF_STEP(get_greeting), WF_STEP(get_name),
	  WF_STEP(say_greeting))
