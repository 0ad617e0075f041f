/* SPDX-License-Identifier: MIT */
/*
 * polling: three ways to wait for a service that says only when asked whether it
 * is ready. The service is a file here: it is ready when the file is there.
 *
 *   wf run polling:frequent file=F             asked within one attempt, every second or more often
 *   wf run polling:infrequent file=F every=60  an attempt that finds it not ready fails, and is
 * retried wf run polling:periodic file=F every=60    a child run that asks in rounds with a sleep
 * between
 *
 * None of them makes the history of the run grow while it waits: attempts leave a
 * heartbeat or a counter, and the child begins again with an empty history.
 */
#include <wf.h>

#include <string.h>
#include <unistd.h>

static const char *file_of(const json_t *in)
{
	const char *file = json_string_value(json_object_get(in, "file"));
	return file ? file : "";
}

static wf_duration every(const json_t *in)
{
	double seconds = json_number_value(json_object_get(in, "every"));
	return seconds > 0 ? (wf_duration)(seconds * 1000) : WF_MINUTES(1);
}

/* Asks until it is ready. A worker that dies is noticed by its silence, and another goes on. */
static json_t *ask_often(wf_attempt *a, const json_t *in)
{
	json_int_t asked = json_integer_value(wf_heartbeat_details(a));

	for (;;) {
		json_t *details = json_integer(++asked);
		int stop = wf_heartbeat(a, details);

		json_decref(details);
		if (access(file_of(in), F_OK) == 0)
			return json_pack("{s:I}", "asked", asked);
		if (stop < 0)
			return wf_fail(a, "stopped", "asked to stop");
		usleep(100000);
	}
}

static json_t *ask_once(wf_attempt *a, const json_t *in)
{
	if (access(file_of(in), F_OK) < 0)
		return wf_fail(a, "not_ready", "the service is not ready");
	return json_pack("{s:i}", "asked", wf_attempt_number(a));
}

static json_t *frequent(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, ask_often, in, .heartbeat = WF_SECONDS(5),
		       .retry = {.first = WF_SECONDS(1)});
}

static json_t *infrequent(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, ask_once, in, .timeout = WF_SECONDS(10),
		       .retry = {.first = every(in), .factor = 1});
}

#define ROUNDS 10 /* of one generation */

/* Steps of their own order in each round, with a sleep between: what a retry policy cannot say. */
static json_t *rounds(wf_ctx *wf, const json_t *in)
{
	for (int i = 0; i < ROUNDS; i++) {
		json_t *answer = wf_step(wf, ask_once, in, .retry = {.attempts = 1});

		if (answer)
			return answer;
		if (strcmp(wf_error(wf)->type, "not_ready") != 0 || wf_sleep(wf, every(in)) < 0)
			return NULL;
	}
	return wf_continue_as_new(wf, in);
}

/* The parent waits for the child, whatever number of generations that takes. */
static json_t *periodic(wf_ctx *wf, const json_t *in)
{
	return wf_child(wf, "rounds", in);
}

WF_MODULE(WF_WORKFLOW(frequent), WF_WORKFLOW(infrequent), WF_WORKFLOW(periodic),
	  WF_WORKFLOW(rounds), WF_STEP(ask_often), WF_STEP(ask_once))
