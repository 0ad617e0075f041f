/* SPDX-License-Identifier: MIT */
/*
 * hello: the smallest workflow that shows what a workflow is.
 *
 *     wf run hello name=Ada
 *
 * Three steps, one after the other. Each runs in a worker process, and its
 * outcome is on disk before the next is asked for. Kill wf anywhere and run
 * the same command again with the same --id: what was done is not done again.
 */
#include <wf.h>

/* A step is given its input and returns its result, both JSON. */
static json_t *compose(wf_attempt *a, const json_t *in)
{
	const char *name = json_string_value(json_object_get(in, "name"));

	if (json_object_get(in, "name") && !name)
		return wf_fail_permanently(a, "bad_input", "name must be a string");
	return json_sprintf("Hello, %s", name ? name : "world");
}

static json_t *finish(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_sprintf("%s!", json_string_value(in));
}

static json_t *measure(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_integer((json_int_t)json_string_length(in));
}

/* The workflow asks for steps and decides; it does nothing else. NULL: a step failed, and so the
 * run does. */
static json_t *hello(wf_ctx *wf, const json_t *in)
{
	json_t *text, *greeting, *length;

	if (!(text = wf_step(wf, compose, in)))
		return NULL;
	if (!(greeting = wf_step(wf, finish, text)))
		return NULL;
	if (!(length = wf_step(wf, measure, greeting)))
		return NULL;
	return wf_json(wf, "{s:O, s:O}", "greeting", greeting, "length", length);
}

WF_MODULE(WF_WORKFLOW(hello), WF_STEP(compose), WF_STEP(finish), WF_STEP(measure))
