/* SPDX-License-Identifier: MIT */
/*
 * The end of a run: its end event is durable first, then result.json, then the
 * folder moves to closed/. A death between leaves an ended run in open/; the
 * next driver finds the end in the history and only moves the folder.
 */
#include "runner.h"

#include "../store/state.h"
#include "child.h"
#include "driver_internal.h"
#include "runner_gate.h"
#include "runner_inbox.h"
#include "runner_locks.h"
#include "runner_told.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

struct ending {
	enum event_type event;
	enum drive_end end;
	const char *member, *word;
};

static const struct ending endings[] = {
	{EVENT_RUN_COMPLETED, DRIVE_COMPLETED, "result", "completed"},
	{EVENT_RUN_FAILED, DRIVE_FAILED, "error", "failed"},
	{EVENT_RUN_CANCELLED, DRIVE_CANCELLED, "error", "cancelled"},
	{EVENT_RUN_TERMINATED, DRIVE_TERMINATED, "error", "terminated"},
};

static const struct ending *find_ending(enum event_type type)
{
	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
		if (endings[i].event == type)
			return &endings[i];
	return &endings[1];
}

static enum event_type event_of(enum core_status status)
{
	return status == CORE_COMPLETED   ? EVENT_RUN_COMPLETED
	       : status == CORE_CANCELLED ? EVENT_RUN_CANCELLED
					  : EVENT_RUN_FAILED;
}

static int record_end(struct runner *r, const struct ending *ending, json_t *value, struct err *err)
{
	struct happening *h = runner_happen(r, ending->event, 0);
	int rc = h ? runner_put_json(r, &h->fields, ending->member, value, err) : err_nomem(err);

	if (rc == 0)
		rc = runner_record(r, err);
	return rc < 0 ? rc : runner_feed(r, err);
}

/* The value of a recorded end, wherever it is kept. New. */
static int recorded_value(struct runner *r, const struct ending *ending, json_t **ret,
			  struct err *err)
{
	char member[32] = "";
	const char *file;

	strcat(strcat(member, ending->member), "_file");
	file = json_string_value(json_object_get(r->ended, member));
	if (file)
		return run_get_payload(&r->run, file, ret, err);
	*ret = json_incref(json_object_get(r->ended, ending->member));
	if (!*ret)
		*ret = json_null();
	return 0;
}

static json_t *result_object(const struct runner *r, const struct ending *ending)
{
	json_t *result = json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "id", r->run.id, "workflow",
		r->run.info.workflow, "status", ending->word, "created",
		(json_int_t)r->run.info.created, "closed", (json_int_t)r->ended_at, "steps",
		(json_int_t)history_steps(r->history), "events", (json_int_t)r->ended_seq);

	if (result && json_object_set(result, ending->member, r->detail) < 0) {
		json_decref(result);
		return NULL;
	}
	return result;
}

/* What the workflow said last, its markers above all, comes before its end. */
static int end_run(struct runner *r, const struct ending *ending, struct err *err)
{
	json_t *value = NULL, *result;
	int rc = r->ended ? 0 : runner_serve(r, err);

	if (rc < 0)
		return rc;
	if (r->ended) {
		rc = recorded_value(r, ending, &value, err);
	} else {
		value = core_status(r->core) == CORE_COMPLETED ? core_result(r->core)
							       : core_error(r->core);
		value = json_incref(value ? value : json_null());
		rc = record_end(r, ending, value, err);
	}
	if (rc < 0) {
		json_decref(value);
		return rc;
	}
	runner_told_keep(r);
	while (r->tasks)
		task_free(r->tasks);
	kids_free(r);
	json_decref(r->detail);
	r->detail = value;
	result = result_object(r, ending);
	rc = result ? run_close(&r->run, result, err) : err_nomem(err);
	if (rc == 0)
		runner_locks_end(r);
	runner_gate_close(r);
	json_decref(result);
	return rc;
}

/* Nothing is put into the inbox meanwhile: who comes later is told that the run has ended. */
static int end_sealed(struct runner *r, const struct ending *ending, struct err *err)
{
	int rc = runner_seal(r, err);

	if (rc == 0 && r->ended)
		runner_inbox_forget(r);
	if (rc == 0)
		rc = end_run(r, ending, err);
	runner_unseal(r);
	return rc;
}

void runner_finish(struct runner *r)
{
	struct err err = ERR_INIT;
	const struct ending *ending = find_ending(r->ended ? r->ended_as
							   : event_of(core_status(r->core)));
	struct progress p = {.kind = PROGRESS_RUN_ENDED, .end = ending->end};

	if (end_sealed(r, ending, &err) < 0) {
		runner_break(r, DRIVE_BROKEN, &err);
		return;
	}
	runner_tell_committer(r, ending->word);
	r->end = ending->end;
	p.detail = r->detail;
	if (ending->end != DRIVE_COMPLETED)
		p.text = json_string_value(json_object_get(r->detail, "message"));
	driver_progress(r->driver, r, &p);
}
