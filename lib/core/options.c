/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_FIRST 1000
#define RETRY_FACTOR 2.0
#define RETRY_LONGEST_TIMES 100
#define GRACE 5000
#define LIMIT_MOST 100000
#define RATE_LEAST 1e-6
#define RATE_MOST 1e6
#define CAPTURE 65536
#define LONGEST_DURATION ((int64_t)100 * 366 * 24 * 3600 * 1000)

/* A module knows the fields up to the size that it declares; the rest is zero. */
static void read_known(wf_step_options *ret, const wf_step_options *from)
{
	memset(ret, 0, sizeof *ret);
	if (from && from->size >= offsetof(wf_step_options, timeout))
		memcpy(ret, from, from->size < sizeof *ret ? from->size : sizeof *ret);
}

#define MERGE(field) (ret->field = ret->field ? ret->field : base.field)

void options_merge(wf_step_options *ret, const wf_step_options *call,
		   const wf_step_options *of_step)
{
	wf_step_options base;

	read_known(ret, call);
	read_known(&base, of_step);
	MERGE(argv);
	MERGE(timeout);
	MERGE(total_timeout);
	MERGE(heartbeat);
	MERGE(grace);
	MERGE(retry.attempts);
	MERGE(retry.first);
	if (ret->retry.factor == 0)
		ret->retry.factor = base.retry.factor;
	MERGE(retry.longest);
	MERGE(retry.never);
	MERGE(at_most_once);
	MERGE(run_inline);
	MERGE(any_exit);
	MERGE(directory);
	MERGE(environment);
	MERGE(stdin_text);
	MERGE(capture);
	MERGE(limit);
	if (ret->rate == 0)
		ret->rate = base.rate;
	MERGE(on_cancel);
}

static bool check_durations(const wf_step_options *o, char *out, size_t size)
{
	const struct {
		const char *name;
		wf_duration value;
	} all[] = {
		{"timeout", o->timeout},         {"total_timeout", o->total_timeout},
		{"heartbeat", o->heartbeat},     {"grace", o->grace},
		{"retry.first", o->retry.first}, {"retry.longest", o->retry.longest},
	};

	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		if (all[i].value < 0 || all[i].value > LONGEST_DURATION) {
			snprintf(out, size, "%s is %s", all[i].name,
				 all[i].value < 0 ? "negative" : "longer than 100 years");
			return false;
		}
	}
	return true;
}

/* What only commands have. */
static const char *command_option(const wf_step_options *o)
{
	return o->any_exit      ? "any_exit"
	       : o->directory   ? "directory"
	       : o->environment ? "environment"
	       : o->stdin_text  ? "stdin_text"
	       : o->capture     ? "capture"
				: NULL;
}

bool options_check(const wf_step_options *o, enum step_kind kind, char *out, size_t size)
{
	const char *only = kind == STEP_FUNCTION ? command_option(o) : NULL;

	if (!check_durations(o, out, size))
		return false;
	if (o->retry.attempts < 0)
		snprintf(out, size, "retry.attempts is negative");
	else if (o->retry.factor != 0 && !(o->retry.factor >= 1 && o->retry.factor <= 1e6))
		snprintf(out, size, "retry.factor is not between 1 and 1000000");
	else if (o->limit > LIMIT_MOST)
		snprintf(out, size, "limit is more than %d", LIMIT_MOST);
	else if (o->rate != 0 && !(o->rate >= RATE_LEAST && o->rate <= RATE_MOST))
		snprintf(out, size, "rate is not between 0.000001 and 1000000");
	else if (o->at_most_once && o->retry.attempts > 1)
		snprintf(out, size, "at_most_once cannot be had with %d retry.attempts",
			 o->retry.attempts);
	else if (o->run_inline && kind != STEP_FUNCTION)
		snprintf(out, size, "run_inline is only for step functions");
	else if ((unsigned)o->on_cancel > WF_ON_CANCEL_ABANDON)
		snprintf(out, size, "on_cancel is none of the three");
	else if (only)
		snprintf(out, size, "%s is only for commands", only);
	else
		return true;
	return false;
}

/* NULL: no memory; a list that is empty is a list. */
static char **copy_words(const char *const *words)
{
	size_t n = 0;
	char **copy;

	while (words[n])
		n++;
	copy = calloc(n + 1, sizeof *copy);
	for (size_t i = 0; copy && i < n; i++) {
		copy[i] = strdup(words[i]);
		if (!copy[i]) {
			while (i > 0)
				free(copy[--i]);
			free(copy);
			return NULL;
		}
	}
	return copy;
}

static int apply_retry(struct retry_policy *policy, const wf_step_options *o)
{
	const wf_retry *retry = &o->retry;

	policy->attempts = retry->attempts ? retry->attempts : o->at_most_once ? 1 : 0;
	policy->first = retry->first ? retry->first : RETRY_FIRST;
	policy->factor = retry->factor != 0 ? retry->factor : RETRY_FACTOR;
	policy->longest = retry->longest ? retry->longest : policy->first * RETRY_LONGEST_TIMES;
	if (!retry->never)
		return 0;
	policy->never = copy_words(retry->never);
	return policy->never ? 0 : -1;
}

int options_apply(struct step *step, const wf_step_options *o)
{
	step->timeout = o->timeout;
	step->total_timeout = o->total_timeout;
	step->heartbeat = o->heartbeat;
	step->grace = o->grace ? o->grace : GRACE;
	step->at_most_once = o->at_most_once;
	step->run_inline = o->run_inline;
	step->any_exit = o->any_exit;
	step->capture = o->capture ? o->capture : CAPTURE;
	step->limit = o->limit;
	step->rate = o->rate;
	step->on_cancel = (enum step_cancel)o->on_cancel;
	return apply_retry(&step->retry, o);
}
