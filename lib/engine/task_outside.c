/* SPDX-License-Identifier: MIT */
/*
 * A step that somebody outside completes. Its attempt has handed out a token
 * and ended; step_started in the history says so, and from then on no process
 * is needed. What comes is a message in the inbox: an outcome, or a sign of life.
 *
 * If the driver dies: before step_started is durable the attempt runs again, with
 * the same token; after that, the next driver finds it in the history and waits.
 */
#include "task.h"

#include "../core/core.h"
#include "../model/dump.h"
#include "../model/duration.h"
#include "driver_internal.h"
#include "runner.h"
#include "runner_inbox.h"
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t earlier(int64_t at, int64_t from, int64_t limit)
{
	return limit && (!at || from + limit < at) ? from + limit : at;
}

static int64_t next_due(const struct task *task)
{
	int64_t at = earlier(0, task->asked, task->step->total_timeout);

	at = earlier(at, task->handed, task->step->timeout);
	return earlier(at, task->beat, task->step->heartbeat);
}

static int wait_on(struct task *task, struct err *err)
{
	task->due = next_due(task);
	if (task->due)
		return task_alarm_on(task, err);
	task_alarm_off(task);
	return 0;
}

static char *token_of(const struct task *task)
{
	char nonce[TOKEN_NONCE];

	token_nonce(task->runner->run.info.seed, task->cmd, task->attempt, nonce);
	return token_text(task->runner->run.id, task->cmd, nonce);
}

static int record(struct task *task, struct err *err)
{
	struct runner *r = task->runner;
	struct happening *h = runner_happen(r, EVENT_STEP_STARTED, task->cmd);
	char *token = token_of(task);

	if (h && token) {
		core_describe_input(r->core, task->cmd, &h->fields);
		buf_addf(&h->fields, ",\"attempt\":%d,\"outside\":true,\"token\":\"%s\"",
			 task->attempt, token);
		h->event.body = json_pack("{s:s}", "step", task->step->name);
		if (asprintf(&h->note, "%s: waits to be completed", task->step->name) < 0)
			h->note = NULL;
	}
	free(token);
	return h && h->event.body && h->note && buf_ok(&h->fields) ? 0 : err_nomem(err);
}

static int tell(struct task *task, struct err *err)
{
	struct progress p = {.kind = PROGRESS_WAITING, .cmd = task->cmd};
	json_t *waits = json_pack("[{s:s, s:I, s:s}]", "kind", "completion", "cmd",
				  (json_int_t)task->cmd, "name", task->step->name);

	if (!waits)
		return err_nomem(err);
	p.detail = waits;
	driver_progress(task->runner->driver, task->runner, &p);
	json_decref(waits);
	return 0;
}

/* What came while it was not known to wait is looked at now. */
static int wait_outside(struct task *task, struct err *err)
{
	int rc = tell(task, err);

	if (rc == 0)
		rc = wait_on(task, err);
	runner_inbox_again(task->runner);
	return rc;
}

int task_hand_out(struct task *task, struct err *err)
{
	int rc = record(task, err);

	task->outside = true;
	task->handed = task->beat = runner_now(task->runner);
	return rc < 0 ? rc : wait_outside(task, err);
}

int task_handed_out(struct task *task, const json_t *mark, const json_t *state, struct err *err)
{
	int64_t beat = json_integer_value(json_object_get(state, "beat"));

	task->outside = true;
	task->handed = json_integer_value(json_object_get(mark, "at"));
	task->beat = beat > task->handed ? beat : task->handed;
	return wait_outside(task, err);
}

bool task_was_handed_out(const struct task *task, const json_t *mark)
{
	return json_is_object(mark) &&
	       json_integer_value(json_object_get(mark, "attempt")) == task->attempt;
}

int task_outside_late(struct task *task, struct err *err)
{
	int64_t now = runner_now(task->runner);
	bool silent = task->step->heartbeat && now >= task->beat + task->step->heartbeat;
	struct buf text = BUF_INIT;
	char limit[60];
	int rc;

	task->outside = false;
	if (task_past_total(task, now))
		return task_fail_total(task, (now - task->handed) * 1000, err);
	duration_format(silent ? task->step->heartbeat : task->step->timeout, limit, sizeof limit);
	buf_addf(
		&text,
		"{\"type\":\"timeout\",\"message\":\"no %s within %s\",\"details\":{\"timeout\":\"%s\"}}",
		silent ? "heartbeat" : "answer", limit, silent ? "heartbeat" : "start-to-close");
	rc = buf_ok(&text) ? task_attempt_failed(task, text.data, text.len,
						 (now - task->handed) * 1000, err)
			   : err_nomem(err);
	buf_release(&text);
	return rc;
}

int task_outside_wait(const struct task *task, json_t *wait)
{
	char *token = token_of(task);
	int rc = token ? json_object_set_new(wait, "token", json_string(token)) : -1;

	free(token);
	if (rc == 0)
		rc = json_object_set_new(wait, "kind", json_string("completion"));
	if (rc == 0)
		rc = json_object_set_new(wait, "step", json_string(task->step->name));
	if (rc == 0 && task->due)
		rc = json_object_set_new(wait, "until", json_integer(task->due));
	return rc;
}

/* ---- messages */

/* It counts from when it was sent, which its name says: nobody may have driven the run then. */
static int beat(struct task *task, const char *name, const json_t *message, struct err *err)
{
	const json_t *details = json_object_get(message, "details");
	char *text = details ? dump_json(details, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	int64_t sent = strtoll(name, NULL, 10);
	int rc;

	if (details && !text)
		return err_nomem(err);
	if (text) {
		free(task->details);
		task->details = text;
	}
	if (sent > task->beat)
		task->beat = sent;
	rc = task_save(task, true, err);
	if (rc == 0)
		rc = wait_on(task, err);
	if (rc == 0)
		runner_inbox_drop(task->runner, name);
	return rc < 0 ? rc : INBOX_STAYS;
}

/* The event that was made last is that of the message. */
static int name_message(struct runner *r, const char *name, struct err *err)
{
	struct happening *h = &r->pending[r->pending_count - 1];

	buf_addf(&h->fields, ",\"message\":\"%s\"", name);
	h->message = strdup(name);
	return h->message && buf_ok(&h->fields) ? 0 : err_nomem(err);
}

static int complete(struct task *task, const char *name, const json_t *message, struct err *err)
{
	const json_t *error = json_object_get(message, "error"),
		     *value = error ? error : json_object_get(message, "result");
	json_t *null = json_null();
	char *text = dump_json(value ? value : null, JSON_COMPACT | JSON_ENCODE_ANY);
	int64_t us = (runner_now(task->runner) - task->handed) * 1000;
	int rc = text ? task_settle(task, !error, text, strlen(text), us > 0 ? us : 0, err)
		      : err_nomem(err);

	free(text);
	return rc < 0 ? rc : name_message(task->runner, name, err);
}

/* Exactly once: what comes for a step with an outcome, or for an earlier attempt, means nothing. */
int task_take_completion(struct runner *r, const char *name, const json_t *message, struct err *err)
{
	uint64_t cmd = (uint64_t)json_integer_value(json_object_get(message, "cmd"));
	struct task *task = task_find(r, cmd);
	json_int_t attempt = json_integer_value(json_object_get(message, "attempt"));

	if ((!task && !core_is_open(r->core, cmd)) || (task && (task->settled || !task->step)) ||
	    (task && task->attempt > attempt)) {
		runner_inbox_drop(r, name);
		return INBOX_STAYS;
	}
	if (!task || !task->outside || task->attempt != attempt)
		return INBOX_STAYS; /* it has not been handed out yet: then it is looked at again */
	if (json_is_true(json_object_get(message, "heartbeat")))
		return beat(task, name, message, err);
	return complete(task, name, message, err);
}
