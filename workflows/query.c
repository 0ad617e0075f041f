/* SPDX-License-Identifier: MIT */
/* A workflow that tells how far it is: `wf query ID state`. */
#include <wf.h>

static json_t *tell(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)wf;
	(void)argument;
	return json_string(*(const char **)arg);
}

static json_t *query(wf_ctx *wf, const json_t *in)
{
	const char **state = (const char **)wf_alloc(wf, sizeof *state);
	wf_duration wait = json_integer_value(json_object_get(in, "wait_ms"));

	*state = "started";
	wf_on_query(wf, "state", tell, state);
	*state = "waiting on a timer";
	if (wf_sleep(wf, wait ? wait : WF_MINUTES(2)) < 0)
		return NULL;
	*state = "done";
	return json_null();
}

WF_MODULE(WF_WORKFLOW(query))
