/* SPDX-License-Identifier: MIT */
/* Steps that somebody outside completes. */
#include <wf.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The token and what the last attempt's heartbeats said, a line for each attempt. */
static void give_away(wf_attempt *a, const json_t *in)
{
	const json_t *details = wf_heartbeat_details(a);
	char *text = details ? json_dumps(details, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	FILE *f = fopen(json_string_value(json_object_get(in, "token")), "a");

	if (f) {
		fprintf(f, "%s%s%s\n", wf_token(a), text ? " " : "", text ? text : "");
		fclose(f);
	}
	free(text);
}

static json_t *approve(wf_attempt *a, const json_t *in)
{
	give_away(a, in);
	return wf_complete_outside(a);
}

/* The token is away long before the attempt ends. */
static json_t *dawdle(wf_attempt *a, const json_t *in)
{
	give_away(a, in);
	while (access("go", F_OK) != 0)
		usleep(2000);
	return wf_complete_outside(a);
}

static wf_duration of(const json_t *in, const char *name)
{
	return json_integer_value(json_object_get(in, name));
}

static json_t *asks(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, approve, in, .timeout = of(in, "timeout"),
		       .total_timeout = of(in, "total"), .heartbeat = of(in, "heartbeat"),
		       .retry = {.attempts = (int)of(in, "attempts"), .first = 20});
}

static json_t *two(wf_ctx *wf, const json_t *in)
{
	wf_future *f[2] = {wf_start(wf, approve, in), wf_start(wf, approve, in)};

	if (!wf_await_all(wf, f, 2))
		return NULL;
	return wf_json(wf, "[O, O]", wf_value(f[0]), wf_value(f[1]));
}

static json_t *slow(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, dawdle, in);
}

WF_MODULE(WF_WORKFLOW(asks), WF_WORKFLOW(two), WF_WORKFLOW(slow), WF_STEP(approve), WF_STEP(dawdle))
