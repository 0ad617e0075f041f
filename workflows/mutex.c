/* SPDX-License-Identifier: MIT */
/*
 * mutex: only one run at a time works on a resource.
 *
 *   wf run mutex resource=ledger ms=200 &
 *   wf run mutex resource=ledger ms=200
 *
 * Runs with the same resource take turns, in the order in which they asked. When one is killed the
 * next goes on, and the killed one waits for its turn again before it does.
 */
#include <wf.h>

#include <stdio.h>
#include <unistd.h>

/* What must not happen twice at once: "begin" and "end" in a journal, so that it can be seen. */
static json_t *work(wf_attempt *a, const json_t *in)
{
	const char *journal = json_string_value(json_object_get(in, "journal"));
	FILE *f = journal ? fopen(journal, "a") : NULL;

	if (journal && !f)
		return wf_fail_permanently(a, "journal", "cannot open '%s'", journal);
	if (f) {
		fprintf(f, "begin %s\n", wf_attempt_run_id(a));
		fflush(f);
	}
	for (json_int_t ms = json_integer_value(json_object_get(in, "ms")); ms > 0; ms -= 5) {
		if (wf_heartbeat(a, NULL) < 0)
			break;
		usleep(5000);
	}
	if (f) {
		fprintf(f, "end %s\n", wf_attempt_run_id(a));
		fclose(f);
	}
	return json_true();
}

static json_t *mutex(wf_ctx *wf, const json_t *in)
{
	const char *resource = json_string_value(json_object_get(in, "resource"));

	if (!resource)
		return wf_throw(wf, "input", "say which: resource=NAME");
	wf_details(wf, "waits for '%s'", resource);
	if (wf_acquire(wf, resource, 1) < 0)
		return NULL;
	wf_details(wf, "has '%s'", resource);
	if (!wf_step(wf, work, in))
		return NULL;
	wf_let_go(wf, resource);
	wf_details(wf, "done with '%s'", resource);
	return wf_json(wf, "{s:s}", "resource", resource);
}

WF_MODULE(WF_WORKFLOW(mutex), WF_STEP(work))
