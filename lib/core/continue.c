/* SPDX-License-Identifier: MIT */
#include "continue.h"

#include "../base/error.h"
#include "author.h"
#include "finish.h"
#include "mail.h"
#include "match_internal.h"
#include "report.h"
#include "scope.h"

#define ADVISABLE 10000 /* events of a generation */

json_t *wf_continue_as_new(wf_ctx *wf, const json_t *input)
{
	struct core *core = author_asking(wf);

	if (!core)
		return NULL;
	if (core->running->body != finish_workflow) {
		author_fail(core, "wrong_place",
			    "wf_continue_as_new() is for the workflow function itself");
		return NULL;
	}
	if (json_deeper(input, DEEPEST)) {
		author_fail(core, "bad_input", "the next input is nested deeper than %d levels",
			    DEEPEST);
		return NULL;
	}
	json_decref(core->next_input);
	core->next_input = input ? json_deep_copy(input) : json_null();
	if (!core->next_input)
		core_die(core);
	core->running->fresh = false;
	return NULL;
}

json_t *continue_take(struct strand *strand)
{
	struct core *core = strand->core;
	json_t *input = core->next_input;

	/* a failure met afterwards, and a cancellation, come first */
	if (!input || strand->fresh || core->root.failure)
		return NULL;
	core->next_input = NULL;
	return input;
}

unsigned wf_generation(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core ? core->generation : 0;
}

uint64_t wf_history_length(wf_ctx *wf)
{
	const struct core *core = author_core(wf);

	return core ? core->seq - core->before : 0;
}

bool wf_continue_suggested(wf_ctx *wf)
{
	return wf_history_length(wf) >= ADVISABLE;
}

int continue_apply_started(struct core *core, const struct event *event, struct err *err)
{
	json_t *signals, *signal;
	size_t i;
	int rc = match_value(core, event, "signals", "signals_file", &signals, err);

	if (rc < 0)
		return rc;
	if (core->generation > 1)
		core->before = event->seq - 1;
	json_array_foreach (signals, i, signal) {
		const char *name = json_string_value(json_object_get(signal, "name"));
		json_t *payload = json_object_get(signal, "payload");

		if (rc == 0 && !name)
			rc = match_incomplete(event, "signals", err);
		else if (rc == 0 &&
			 mail_deliver(core, name, payload ? json_incref(payload) : json_null()) < 0)
			rc = err_nomem(err);
	}
	json_decref(signals);
	return rc;
}

int continue_apply_continued(struct core *core, const struct event *event, struct err *err)
{
	json_t *input = NULL;
	int rc = match_value(core, event, "input", "input_file", &input, err);

	if (rc == 0 && (core->status != CORE_CONTINUED || !json_equal(input, core->result)))
		rc = report_end(core, event, NULL, err);
	json_decref(input);
	return rc;
}
