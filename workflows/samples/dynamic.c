/* SPDX-License-Identifier: MIT */
/* Steps by name: which ones, and in which order, comes with the input. */
#include <wf.h>

static json_t *get_name(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("Temporal");
}

static json_t *get_greeting(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("Hello");
}

static json_t *say_hello(wf_attempt *a, const json_t *in)
{
	json_t *name = json_object_get(in, "get_name"), *word = json_object_get(in, "get_greeting");

	if (!name || !word)
		return wf_fail_permanently(a, "nothing_to_say", "a name and a greeting come first");
	return json_sprintf("%s, %s!", json_string_value(word), json_string_value(name));
}

/* What wf_step(wf, FUNCTION, ...) stands for, with a name in place of a function. */
static json_t *dynamic(wf_ctx *wf, const json_t *in)
{
	json_t *so_far = json_object(), *name, *outcome = NULL;
	size_t i;

	json_array_foreach (json_object_get(in, "steps"), i, name) {
		const wf_step_options options = {.size = sizeof options, .retry = {.attempts = 3}};

		outcome = wf_step_(wf, json_string_value(name), NULL, so_far, &options);
		if (!outcome)
			break;
		/* the input of a step stays as it was given */
		json_t *more = json_copy(so_far);
		json_object_set(more, json_string_value(name), outcome);
		json_decref(so_far);
		so_far = more;
	}
	json_decref(so_far);
	return outcome;
}

WF_MODULE(WF_WORKFLOW(dynamic), WF_STEP(get_name), WF_STEP(get_greeting), WF_STEP(say_hello))
