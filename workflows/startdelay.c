/* SPDX-License-Identifier: MIT */
/*
 * startdelay: a run that exists now and begins later.
 *
 *   wf run startdelay --start-delay 10m --no-wait
 *   wf resume        (from cron, say)
 */
#include <wf.h>

static json_t *hello(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	return json_string("hello, later");
}

static json_t *startdelay(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, hello, in);
}

WF_MODULE(WF_WORKFLOW(startdelay), WF_STEP(hello))
