/* SPDX-License-Identifier: MIT */
/*
 * poll: wait until a shell command succeeds.
 *
 *     wf run poll command='curl -fsS http://build.example/ready' every=10 factor=1.5 longest=300
 * within=86400 wf run poll command='test -e /srv/drop/data.csv' every_file=/etc/drop-interval
 *
 * Thousands of tries leave the history as short as one. There are two ways:
 *
 * By retry: "not yet" is a failed attempt, and the policy says when the next one
 * is due. Nothing lives between the tries; the interval grows by a factor.
 *
 * By heartbeat: one long attempt that tries, says that it is alive and how far
 * it got, and reads the interval anew each time, so that it can be changed from outside. If
 * the worker or the machine dies, the next attempt goes on counting.
 *
 * Input:
 *     command     for sh -c; done when its exit status is 0
 *     every       seconds between tries (10)
 *     factor      how much longer each time (1), until
 *     longest     seconds (100 times every)
 *     within      seconds until the run fails as "timeout"; 0: never (0)
 *     every_file  a file that holds the seconds between tries and may change: by heartbeat
 */
#include "input.h"

#include <wf.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

/* Seconds in the first line of a file; the last known ones while it is missing or holds something
 * else. */
static double read_interval(const char *path, double known)
{
	FILE *file = fopen(path, "r");
	double seconds;

	if (!file)
		return known;
	if (fscanf(file, "%lf", &seconds) == 1 && isfinite(seconds) && seconds > 0)
		known = seconds;
	fclose(file);
	return known;
}

static void pause_for(double seconds)
{
	struct timespec rest = {.tv_sec = (time_t)seconds};

	rest.tv_nsec = (long)((seconds - (double)rest.tv_sec) * 1e9);
	nanosleep(&rest, NULL);
}

/* Wait in slices, so that a changed interval or a request to stop is seen within a second. */
static bool rest(wf_attempt *a, const char *path, double *seconds)
{
	for (double waited = 0; waited < *seconds; *seconds = read_interval(path, *seconds)) {
		double slice = *seconds - waited < 1 ? *seconds - waited : 1;

		if (wf_cancelled(a))
			return false;
		pause_for(slice);
		waited += slice;
	}
	return !wf_cancelled(a);
}

static json_t *wait_until(wf_attempt *a, const json_t *in)
{
	const char *path = json_string_value(json_object_get(in, "every_file"));
	const char *command = json_string_value(json_object_get(in, "command"));
	double seconds = json_number_value(json_object_get(in, "every"));
	json_int_t tries = json_integer_value(json_object_get(wf_heartbeat_details(a), "tries"));
	json_t *details = json_object();

	seconds = read_interval(path, seconds);
	for (;;) {
		int status = system(command);

		json_object_set_new(details, "tries", json_integer(++tries));
		if (status == 0)
			return details;
		if (wf_heartbeat(a, details) < 0 || !rest(a, path, &seconds))
			break;
	}
	json_decref(details);
	return wf_fail(a, "stopped", "stopped after %lld tries", (long long)tries);
}

static wf_duration milliseconds(double seconds)
{
	return seconds < 1e12 ? (wf_duration)(seconds * 1000) : WF_DAYS(36500);
}

static json_t *by_heartbeat(wf_ctx *wf, const json_t *in, double every, double within)
{
	json_t *order = json_copy((json_t *)in), *result;

	json_object_set_new(order, "every", json_real(every));
	result = wf_step(wf, wait_until, order, .total_timeout = milliseconds(within),
			 .heartbeat = WF_MINUTES(60), .grace = WF_SECONDS(3),
			 .retry = {.factor = 1});
	json_decref(order);
	return result;
}

static json_t *by_retry(wf_ctx *wf, const char *command, double every, double factor,
			double longest, double within)
{
	json_t *outcome = wf_shell(wf, "try", command, .total_timeout = milliseconds(within),
				   .retry = {.first = milliseconds(every),
					     .factor = factor,
					     .longest = milliseconds(longest)});

	if (outcome)
		return wf_json(wf, "{s:O}", "stdout", json_object_get(outcome, "stdout"));
	return NULL;
}

static json_t *poll(wf_ctx *wf, const json_t *in)
{
	const char *command = NULL, *every_file = NULL;
	double every = 10, factor = 1, longest = 0, within = 0;
	char problem[200];

	if (input_problem(in, "command! every. factor. longest. within. every_file", problem,
			  sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	json_unpack((json_t *)in, "{s:s, s?F, s?F, s?F, s?F, s?s}", "command", &command, "every",
		    &every, "factor", &factor, "longest", &longest, "within", &within, "every_file",
		    &every_file);
	if (every <= 0 || factor < 1 || longest < 0 || within < 0)
		return wf_throw(
			wf, "bad_input",
			"every must be above 0, factor at least 1, the others not negative");
	if (every_file)
		return by_heartbeat(wf, in, every, within);
	return by_retry(wf, command, every, factor, longest, within);
}

WF_MODULE(WF_WORKFLOW(poll), WF_STEP(wait_until))
