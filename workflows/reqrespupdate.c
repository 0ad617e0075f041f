/* SPDX-License-Identifier: MIT */
/* Request and response by update: `wf update ID uppercase text=hello` answers "HELLO", made by a
 * step. `wf signal ID end` lets those that run come to their end. */
#include <wf.h>

#include <ctype.h>

static json_t *to_upper(wf_attempt *a, const json_t *in)
{
	char text[1000];
	size_t n = 0;
	const char *from = json_string_value(json_object_get(in, "text"));

	if (!from)
		return wf_fail_permanently(a, "no_text", "the request has no text");
	for (; from[n] && n + 1 < sizeof text; n++)
		text[n] = (char)toupper((unsigned char)from[n]);
	return json_stringn_nocheck(text, n);
}

static bool has_text(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)arg;
	if (json_is_string(json_object_get(argument, "text")))
		return true;
	wf_throw(wf, "no_text", "the request has no text");
	return false;
}

static json_t *uppercase(wf_ctx *wf, const json_t *argument, void *arg)
{
	json_t *upper = wf_step(wf, to_upper, argument, .retry = {.attempts = 3});

	if (upper)
		++*(int *)arg;
	return upper;
}

static bool all_done(wf_ctx *wf, void *arg)
{
	(void)arg;
	return wf_handlers_done(wf);
}

static json_t *reqrespupdate(wf_ctx *wf, const json_t *in)
{
	int *served = (int *)wf_alloc(wf, sizeof *served);

	(void)in;
	wf_on_update(wf, "uppercase", has_text, uppercase, served);
	if (!wf_receive(wf, "end") || !wf_condition(wf, all_done, NULL, 0))
		return NULL;
	return wf_json(wf, "{s:i}", "served", *served);
}

WF_MODULE(WF_WORKFLOW(reqrespupdate), WF_STEP(to_upper))
