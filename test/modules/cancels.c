/* SPDX-License-Identifier: MIT */
/* Workflows to be cancelled, timed out, delayed and completed from outside. */
#include <wf.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void mark(const json_t *in, const char *word)
{
	FILE *f = fopen(json_string_value(json_object_get(in, "marks")), "a");

	if (!f)
		return;
	fprintf(f, "%s\n", word);
	fclose(f);
}

static bool marked(const json_t *in, const char *word)
{
	FILE *f = fopen(json_string_value(json_object_get(in, "marks")), "r");
	char line[100];
	bool found = false;

	while (f && !found && fgets(line, sizeof line, f))
		found = strncmp(line, word, strlen(word)) == 0;
	if (f)
		fclose(f);
	return found;
}

/* Works until it is asked to stop (or for ever, if told to be deaf), and then cleans up. */
static json_t *work(wf_attempt *a, const json_t *in)
{
	bool deaf = json_is_true(json_object_get(in, "deaf"));

	mark(in, "begun");
	while ((deaf || !wf_cancelled(a)) && !marked(in, "finish"))
		usleep(2000);
	mark(in, "cleaned");
	if (marked(in, "finish"))
		return wf_cancelled(a) ? json_string("late") : json_true();
	return wf_fail(a, "stopped", "as asked");
}

static json_t *undo(wf_attempt *a, const json_t *in)
{
	(void)a;
	mark(in, "undone");
	return json_true();
}

static json_t *tidy(wf_attempt *a, const json_t *in)
{
	(void)a;
	mark(in, "tidied");
	return json_true();
}

static json_t *works(wf_ctx *wf, const json_t *in)
{
	wf_compensate(wf, undo, in);
	return wf_step(wf, work, in, .grace = WF_MILLISECONDS(300));
}

static json_t *waits_for_it(wf_ctx *wf, const json_t *in)
{
	wf_compensate(wf, undo, in);
	return wf_step(wf, work, in, .on_cancel = WF_ON_CANCEL_WAIT);
}

/* The step is left alone; the run ends once that has. */
static json_t *abandons(wf_ctx *wf, const json_t *in)
{
	wf_future *f = wf_start(wf, work, in, .on_cancel = WF_ON_CANCEL_ABANDON);
	wf_scope *shield;

	if (wf_await(wf, f))
		return wf_json(wf, "s", "not cancelled");
	shield = wf_shield_begin(wf);
	wf_step(wf, tidy, in);
	wf_scope_end(wf, shield);
	return wf_json(wf, "s", wf_future_error(f)->type);
}

static json_t *sleeps(wf_ctx *wf, const json_t *in)
{
	wf_compensate(wf, undo, in);
	if (wf_sleep(wf, WF_DAYS(1)) < 0)
		return NULL;
	return json_true();
}

/* Handles it: tidies up behind a shield, and completes. */
static json_t *handles(wf_ctx *wf, const json_t *in)
{
	wf_scope *shield;

	if (wf_sleep(wf, WF_DAYS(1)) == 0)
		return NULL;
	shield = wf_shield_begin(wf);
	wf_step(wf, tidy, in);
	wf_scope_end(wf, shield);
	return wf_json(wf, "{s:s}", "stopped", wf_error(wf) ? wf_error(wf)->message : "?");
}

static json_t *shells(wf_ctx *wf, const json_t *in)
{
	return wf_shell(wf, "shell", json_string_value(json_object_get(in, "command")));
}

static json_t *refuses(wf_attempt *a, const json_t *in)
{
	(void)in;
	return wf_fail(a, "refused", "attempt %d", wf_attempt_number(a));
}

static json_t *retries(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, refuses, in,
		       .total_timeout = json_integer_value(json_object_get(in, "ms")),
		       .retry = {.first = WF_MILLISECONDS(20), .factor = 1});
}

/* The signal that asks it to stop ends its sleep, and it says that all is well. */
static json_t *oversleep(wf_attempt *a, const json_t *in)
{
	(void)a;
	(void)in;
	sleep(60);
	return json_true();
}

static json_t *oversleeps(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, oversleep, in,
		       .total_timeout = json_integer_value(json_object_get(in, "ms")));
}

WF_MODULE(WF_WORKFLOW(works), WF_WORKFLOW(waits_for_it), WF_WORKFLOW(abandons), WF_WORKFLOW(sleeps),
	  WF_WORKFLOW(handles), WF_WORKFLOW(shells), WF_WORKFLOW(retries), WF_STEP(work),
	  WF_STEP(undo), WF_STEP(tidy), WF_STEP(refuses), WF_WORKFLOW(oversleeps),
	  WF_STEP(oversleep))
