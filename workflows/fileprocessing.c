/* SPDX-License-Identifier: MIT */
/*
 * fileprocessing: fetch a file, process it, deliver the outcome. The three steps
 * share a scratch file; when one of them fails for good the whole sequence is
 * tried again from the fetch, with a new one.
 *
 *   wf run fileprocessing from=report.txt to=REPORT.txt [rounds=3]
 */
#include <wf.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

/* Copy from to to durably, each byte through change (may be NULL). Bytes, or -1 and errno. */
static long copy(const char *from, const char *to, int (*change)(int))
{
	FILE *in = fopen(from, "rb"), *out = in ? fopen(to, "wb") : NULL;
	long n = 0;
	int c, why = errno;

	while (out && (c = getc(in)) != EOF && putc(change ? change(c) : c, out) != EOF)
		n++;
	if (out && (ferror(in) || ferror(out) || fflush(out) || fsync(fileno(out)))) {
		why = errno;
		n = -1;
	}
	if (out && fclose(out) && n >= 0) {
		why = errno;
		n = -1;
	}
	if (in)
		fclose(in);
	errno = why;
	return out ? n : -1;
}

static json_t *copy_step(wf_attempt *a, const char *from, const char *to, int (*change)(int))
{
	long n = copy(from, to, change);

	if (n < 0)
		return wf_fail(a, "file", "cannot copy '%s' to '%s': %s", from, to,
			       strerror(errno));
	return json_integer(n);
}

static const char *text(const json_t *in, const char *name)
{
	return json_string_value(json_object_get(in, name));
}

static json_t *fetch(wf_attempt *a, const json_t *in)
{
	return copy_step(a, text(in, "from"), text(in, "raw"), NULL);
}

static json_t *process(wf_attempt *a, const json_t *in)
{
	return copy_step(a, text(in, "raw"), text(in, "done"), toupper);
}

/* By rename, so that nobody sees half of it; doing it again does no harm. */
static json_t *deliver(wf_attempt *a, const json_t *in)
{
	if (rename(text(in, "done"), text(in, "to")) < 0 &&
	    (errno != ENOENT || access(text(in, "to"), F_OK) < 0))
		return wf_fail(a, "file", "cannot deliver '%s': %s", text(in, "to"),
			       strerror(errno));
	return json_true();
}

static json_t *clean(wf_attempt *a, const json_t *in)
{
	(void)a;
	unlink(text(in, "raw"));
	unlink(text(in, "done"));
	return json_true();
}

static json_t *once(wf_ctx *wf, const json_t *files)
{
	const wf_retry twice = {.attempts = 2, .first = WF_SECONDS(1)};
	json_t *size;

	if (!wf_step(wf, fetch, files, .timeout = WF_MINUTES(1), .retry = twice) ||
	    !(size = wf_step(wf, process, files, .timeout = WF_MINUTES(1), .retry = twice)) ||
	    !wf_step(wf, deliver, files, .timeout = WF_MINUTES(1), .retry = twice))
		return NULL;
	return size;
}

static json_t *fileprocessing(wf_ctx *wf, const json_t *in)
{
	const char *from = NULL, *to = NULL;
	char problem[200], id[37];
	json_int_t rounds = 3;

	if (input_problem(in, "from! to! rounds#", problem, sizeof problem))
		return wf_throw(wf, "bad_input", "%s", problem);
	json_unpack((json_t *)in, "{s:s, s:s, s?I}", "from", &from, "to", &to, "rounds", &rounds);
	for (json_int_t round = 1;; round++) {
		json_t *files = json_pack("{s:s, s:s, s:s++, s:s++}", "from", from, "to", to, "raw",
					  to, ".raw-", wf_uuid(wf, id), "done", to, ".done-", id);
		json_t *size = once(wf, files);
		const wf_failure *why = size ? NULL : wf_error(wf);

		wf_step(wf, clean, files, .retry = {.attempts = 3});
		json_decref(files);
		if (size)
			return wf_json(wf, "{s:O, s:I}", "bytes", size, "rounds", round);
		if (round >= rounds)
			return wf_throw(wf, why->type, "%s", why->message);
		wf_log(wf, "round %lld failed: %s", (long long)round, why->message);
	}
}

WF_MODULE(WF_WORKFLOW(fileprocessing), WF_STEP(fetch), WF_STEP(process), WF_STEP(deliver),
	  WF_STEP(clean))
