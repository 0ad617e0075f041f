/* SPDX-License-Identifier: MIT */
/* Runs of several generations, for tests. */
#include <stdio.h>
#include <unistd.h>
#include <wf.h>

static json_int_t number(const json_t *in, const char *name, json_int_t otherwise)
{
	const json_t *value = json_object_get(in, name);

	return value ? json_integer_value(value) : otherwise;
}

/* Append a line with the key of the step to the file that the input names. */
static json_t *mark(wf_attempt *a, const json_t *in)
{
	const char *path = json_string_value(json_object_get(in, "marks"));
	FILE *file = path ? fopen(path, "a") : NULL;

	if (file) {
		fprintf(file, "%s\n", wf_idempotency_key(a));
		fclose(file);
	}
	usleep((useconds_t)number(in, "us", 0));
	return json_null();
}

/* So many steps in each generation; ends behind the last with what each has seen. */
static json_t *chain(wf_ctx *wf, const json_t *in)
{
	json_int_t last = number(in, "last", 3), steps = number(in, "steps", 2);
	json_t *seen = json_deep_copy(json_object_get(in, "seen")), *next = NULL;
	char uuid[37];

	if (!seen)
		seen = json_array();
	for (json_int_t i = 0; i < steps; i++)
		if (!wf_step(wf, mark, in))
			return NULL;
	json_array_append_new(seen,
			      json_pack("[i, I, s]", (int)wf_generation(wf),
					(json_int_t)wf_history_length(wf), wf_uuid(wf, uuid)));
	if (wf_generation(wf) >= (unsigned)last)
		return seen;
	next = json_deep_copy(in);
	json_object_set_new(next, "seen", seen);
	wf_continue_as_new(wf, next);
	json_decref(next);
	return NULL;
}

static json_t *sum_so_far(wf_ctx *wf, const json_t *argument, void *arg)
{
	(void)argument;
	return json_pack("[i, I]", (int)wf_generation(wf), *(json_int_t *)arg);
}

/* Sums the numbers that are signalled, a few a generation, until one is 0. */
static json_t *sums(wf_ctx *wf, const json_t *in)
{
	json_int_t sum = number(in, "sum", 0);
	json_t *next;

	wf_on_query(wf, "sum", sum_so_far, &sum);
	for (int i = 0; i < 3; i++) {
		json_t *payload = wf_receive(wf, "add");
		if (!payload)
			return NULL;
		if (json_integer_value(payload) == 0)
			return json_pack("[i, I]", (int)wf_generation(wf), sum);
		sum += json_integer_value(payload);
	}
	next = json_pack("{s:I}", "sum", sum);
	wf_continue_as_new(wf, next);
	json_decref(next);
	return NULL;
}

WF_MODULE(WF_WORKFLOW(chain), WF_WORKFLOW(sums), WF_STEP(mark))
