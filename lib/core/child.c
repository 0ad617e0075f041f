/* SPDX-License-Identifier: MIT */
#include "child.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../model/child.h"
#include "author.h"
#include "describe.h"
#include "future.h"
#include "match_internal.h"
#include "options.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_MOST 21 /* bytes of ".<cmd>" */
#define ID_MOST 200
#define SUFFIX_MOST 8 /* of a further attempt */

/* ---- asking */

/* What is wrong with the options; NULL: nothing. */
static const char *problem_of(const struct core *core, const char *workflow,
			      const wf_child_options *o, char *text, size_t size)
{
	wf_step_options step = {.size = sizeof step,
				.timeout = o->timeout,
				.total_timeout = o->run_timeout,
				.retry = o->retry};
	const char *why = o->id ? str_id_problem(o->id) : NULL;

	if (!workflow || !*workflow || !str_utf8(workflow, strlen(workflow)))
		return "the name of its workflow is empty or not UTF-8";
	if (why) {
		snprintf(text, size, "its id %s", why);
		return text;
	}
	if ((o->id ? strlen(o->id) : strlen(core->run_id) + NUMBER_MOST) + SUFFIX_MOST > ID_MOST)
		return "its id becomes longer than 200 bytes; give it a shorter one by .id";
	if (o->tags && !json_is_object(o->tags))
		return "its tags are no object";
	return options_check(&step, STEP_FUNCTION, text, size) ? NULL : text;
}

static json_t *options_json(const wf_child_options *o)
{
	json_t *options = json_object();
	int rc = options ? 0 : -1;

	if (rc == 0 && o->run_timeout)
		rc = json_object_set_new(options, "run_timeout", json_integer(o->run_timeout));
	if (rc == 0 && o->timeout)
		rc = json_object_set_new(options, "timeout", json_integer(o->timeout));
	if (rc == 0 && o->tags)
		rc = json_object_set_new(options, "tags", json_deep_copy(o->tags));
	if (rc == 0)
		return options;
	json_decref(options);
	return NULL;
}

static int fill(struct child *child, const char *workflow, const json_t *in,
		const wf_child_options *o)
{
	wf_step_options step = {.size = sizeof step, .retry = o->retry};
	struct step defaults = {0};
	int rc = options_apply(&defaults, &step);

	child->retry = defaults.retry;
	if (!o->retry.attempts)
		child->retry.attempts = 1;
	child->on_close = (enum child_close)o->on_close;
	child->reuse = (enum child_reuse)o->id_reuse;
	child->on_cancel = (enum step_cancel)o->on_cancel;
	child->workflow = strdup(workflow);
	child->id = o->id ? strdup(o->id) : NULL;
	child->input = in ? json_deep_copy(in) : json_null();
	child->options = options_json(o);
	return rc == 0 && child->workflow && child->input && child->options && (!o->id || child->id)
		       ? 0
		       : -1;
}

/* NULL: not possible, and the running strand has met the reason. */
static struct entry *new_entry(struct core *core, const char *workflow, const json_t *in,
			       const wf_child_options *given)
{
	wf_child_options o = {.size = sizeof o};
	struct entry *entry;
	const char *problem;
	char text[120];

	if (given)
		memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
	problem = problem_of(core, workflow, &o, text, sizeof text);
	if (!problem && json_deeper(in, DEEPEST))
		problem = "its input is nested too deep";
	if (problem) {
		author_fail(core, "bad_option", "child run '%s': %s", workflow ? workflow : "",
			    problem);
		return NULL;
	}
	entry = entry_new(COMMAND_CHILD);
	if (!entry)
		core_die(core);
	entry->command.child = entry->child = calloc(1, sizeof *entry->child);
	if (!entry->child || fill(entry->child, workflow, in, &o) < 0) {
		entry_free(entry);
		core_die(core);
	}
	return entry;
}

/* Numbers go on over generations, so that such an id is never given twice by one run. */
static void name_child(struct core *core, struct entry *entry)
{
	struct child *child = entry->child;

	if (!child->id)
		child->id = str_format("%s.%llu", core->run_id,
				       (unsigned long long)entry->command.id);
	if (!child->id)
		core_die(core);
}

wf_future *wf_child_start_(wf_ctx *wf, const char *workflow, const json_t *in,
			   const wf_child_options *options)
{
	struct core *core = author_asking(wf);
	struct entry *entry = core ? new_entry(core, workflow, in, options) : NULL;
	uint64_t last = core ? core->commands.last : 0;
	wf_future *future;

	if (!entry)
		return core ? author_failed(core) : NULL;
	future = author_start(core, entry);
	if (core->commands.last == last)
		return future; /* refused, and entry is freed */
	name_child(core, entry);
	future->child = strdup(entry->child->id);
	if (!future->child)
		core_die(core);
	return future;
}

json_t *wf_child_(wf_ctx *wf, const char *workflow, const json_t *in,
		  const wf_child_options *options)
{
	wf_future *future = wf_child_start_(wf, workflow, in, options);
	json_t *value = future ? wf_await(wf, future) : NULL;

	if (future)
		wf_forget(wf, future);
	return value;
}

const char *wf_child_id(const wf_future *future)
{
	return future ? future->child : NULL;
}

/* ---- matching */

/* 1 when the event is about this child, 0 when not. */
static int same_child(const struct event *event, const struct child *child, struct err *err)
{
	const char *workflow = json_string_value(json_object_get(event->body, "workflow"));
	const char *id = json_string_value(json_object_get(event->body, "child"));
	const char *digest = json_string_value(json_object_get(event->body, "input_sha256"));
	const json_t *input = json_object_get(event->body, "input");
	char hex[HASH_HEX];

	if (!workflow)
		return match_incomplete(event, "workflow", err);
	if (!id)
		return match_incomplete(event, "child", err);
	if (strcmp(workflow, child->workflow) != 0 ||
	    strncmp(id, child->id, strlen(child->id)) != 0)
		return 0;
	if (input)
		return json_equal(input, child->input);
	if (!digest)
		return 1;
	if (describe_digest(child->input, hex) < 0)
		return err_nomem(err);
	return strcmp(digest, hex) == 0;
}

static int asked(struct core *core, const struct event *event, struct entry **ret, struct err *err)
{
	int rc = match_asked(core, event, COMMAND_CHILD, ret, err);
	int same = rc > 0 ? same_child(event, (*ret)->child, err) : 1;

	if (rc <= 0 || same < 0)
		return same < 0 ? same : rc;
	return same ? 1 : report_other(core, event, *ret, err);
}

int child_apply_started(struct core *core, const struct event *event, struct err *err)
{
	struct entry *entry;
	int rc = asked(core, event, &entry, err);

	return rc < 0 ? rc : 0;
}

/* How a child that did not complete is seen: its own error is the cause. */
static const struct failure *failure_of(struct core *core, const struct event *event,
					const char *status, json_t *error)
{
	const char *id = json_string_value(json_object_get(event->body, "child"));
	const char *message = json_string_value(json_object_get(error, "message"));
	bool permanent = json_is_true(json_object_get(error, "permanent"));
	char *type = str_format("child_%s", status);
	char *text = str_format("child run '%s' %s%s: %s", id,
				strcmp(status, "failed") == 0 ? "" : "was ", status,
				message ? message : "no reason is known");
	json_t *json = type && text ? json_pack("{s:s, s:s, s:{s:s}}", "type", type, "message",
						text, "details", "child", id)
				    : NULL;

	if (json && permanent)
		json_object_set_new(json, "permanent", json_true());
	if (json && json_is_object(error) && json_object_set(json, "cause", error) < 0) {
		json_decref(json);
		json = NULL;
	}
	free(type);
	free(text);
	return json ? failure_new(&core->failures, json) : NULL;
}

int child_apply_closed(struct core *core, const struct event *event, struct err *err)
{
	const char *status = json_string_value(json_object_get(event->body, "status"));
	const struct failure *failure = NULL;
	bool completed = status && strcmp(status, "completed") == 0;
	struct entry *entry;
	json_t *value = NULL;
	int rc = asked(core, event, &entry, err);

	if (rc <= 0)
		return rc;
	if (!status)
		return match_incomplete(event, "status", err);
	rc = match_value(core, event, completed ? "result" : "error",
			 completed ? "result_file" : "error_file", &value, err);
	if (rc < 0)
		return rc;
	if (!completed) {
		failure = failure_of(core, event, status, value);
		json_decref(value);
		value = NULL;
		if (!failure)
			return err_nomem(err);
	}
	match_settle(core, event, entry, value, failure);
	return 0;
}

/* ---- describing */

void child_describe(const struct child *child, struct buf *out)
{
	describe_named("workflow", child->workflow, child->input, out);
}
