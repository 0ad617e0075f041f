/* SPDX-License-Identifier: MIT */
/* Steps that say a secret wherever something can be said. */
#include <wf.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static const char *text(const json_t *in, const char *name)
{
	const char *value = json_string_value(json_object_get(in, name));

	return value ? value : "";
}

static void mark(const json_t *in, const char *what)
{
	FILE *f = fopen(text(in, "marks"), "a");

	if (!f)
		return;
	fprintf(f, "%s\n", what);
	fclose(f);
}

/* "used" in marks says that it had the very value. */
static json_t *use(wf_attempt *a, const json_t *in)
{
	const char *how = text(in, "how"), *value = wf_secret_text(a, json_object_get(in, "token"));
	json_t *said;

	if (!value)
		return wf_fail_permanently(a, "no_secret", "there is no such secret");
	mark(in, value);
	printf("out %s, and %.10s", value, value);
	printf("%s\n", value + strnlen(value, 10));
	fprintf(stderr, "err %s\n", value);
	fflush(stdout);
	said = json_pack("{s:s, s:[s], s:s, s:i}", "said", value, "list", value, value, "member",
			 "dumpable", prctl(PR_GET_DUMPABLE));
	wf_heartbeat(a, said);
	if (strcmp(how, "crash") == 0 && wf_attempt_number(a) == 1)
		abort();
	while (strcmp(how, "hold") == 0 && access(text(in, "until"), F_OK) != 0)
		usleep(2000);
	if (strcmp(how, "fail") == 0 || (strcmp(how, "retry") == 0 && wf_attempt_number(a) < 3)) {
		wf_fail_details(a, said);
		return wf_fail(a, "denied", "the token %s is not good", value);
	}
	return said;
}

/* What reaches the workflow function: {"env", "step", "shell"}. */
static json_t *leaks(wf_ctx *wf, const json_t *in)
{
	const char *own = getenv("API_TOKEN");
	json_t *step = wf_step(wf, use, in, .retry = {.attempts = 3, .first = WF_MILLISECONDS(1)}),
	       *shell;

	wf_log(wf, "the workflow sees %s", own ? own : "nothing");
	if (!step)
		return NULL;
	shell = wf_shell(wf, "say",
			 "printf %s \"$API_TOKEN\" | cmp - \"$EXPECTED\" && echo right; ulimit -c; "
			 "echo \"whole $API_TOKEN\"; printf 'halves %.9s' \"$API_TOKEN\"; "
			 "echo \"${API_TOKEN#?????????}\"; echo \"$API_TOKEN\" >&2");
	if (!shell)
		return NULL;
	return wf_json(wf, "{s:s?, s:O, s:O}", "env", own, "step", step, "shell", shell);
}

static json_t *fails(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_shell(wf, "fail", "echo \"$API_TOKEN\" >&2; echo \"$API_TOKEN\"; exit 3",
			.retry = {.attempts = 2, .first = WF_MILLISECONDS(1)});
}

static json_t *once(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, use, in, .at_most_once = true);
}

static json_t *inlined(wf_ctx *wf, const json_t *in)
{
	return wf_step(wf, use, in, .run_inline = true);
}

static json_t *hears(wf_ctx *wf, const json_t *in)
{
	(void)in;
	return wf_receive(wf, "told");
}

/* A child that is given the reference on, and then itself again. */
static json_t *family(wf_ctx *wf, const json_t *in)
{
	if (wf_generation(wf) > 1)
		return wf_step(wf, use, in);
	if (!wf_child(wf, "once", in))
		return NULL;
	return wf_continue_as_new(wf, in);
}

WF_MODULE(WF_WORKFLOW(leaks), WF_WORKFLOW(fails), WF_WORKFLOW(once), WF_WORKFLOW(inlined),
	  WF_WORKFLOW(hears), WF_WORKFLOW(family), WF_STEP(use))
