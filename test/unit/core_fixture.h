/* SPDX-License-Identifier: MIT */
/*
 * A core under test: fed with literal events, its commands as text.
 *
 *   WF_MODULE(WF_WORKFLOW(order), WF_STEP(charge))
 *   start(&t, "order", "{}");                       fed with run_started
 *   is_str(asked(&t), "1 step charge {}", "...");   what it asks for, since asked last
 *   completed(&t, 1, "{\"ok\":true}");
 *   is_str(ended(&t), "completed 7", "...");
 */
#ifndef WF_TEST_CORE_FIXTURE_H
#define WF_TEST_CORE_FIXTURE_H

#include "base/buf.h"
#include "base/error.h"
#include "core/core.h"
#include "model/child.h"
#include "model/module.h"
#include "tap.h"

#define CORE_CREATED 1700000000000
#define CORE_FIXTURE __attribute__((unused)) static

struct core_test {
	struct core *core;
	struct module module;
	struct err err;
	struct buf text, history;
	uint64_t seq;
	int64_t at;
	bool recording; /* every event into history, as a line */
};

CORE_FIXTURE uint8_t core_seed[33] = "the same seed for all the tests";

CORE_FIXTURE int core_test_payload(void *arg, const char *name, json_t **ret, struct err *err)
{
	(void)arg;
	if (strcmp(name, "large.json") != 0)
		return err_set(err, ERR_DAMAGED, "no payload '%s'", name);
	*ret = json_string("large");
	return 0;
}

CORE_FIXTURE void core_test_module(struct module *module)
{
	memset(module, 0, sizeof *module);
	module->count = wf_module.count;
	module->entries = calloc(module->count, sizeof *module->entries);
	for (size_t i = 0; i < module->count; i++) {
		const wf_definition *d = &wf_module.definitions[i];
		module->entries[i] = (struct module_entry){(wf_kind)d->kind, d->name, d->workflow,
							   d->step, d->options};
	}
}

/* A core, nothing fed yet. */
CORE_FIXTURE void prepare(struct core_test *t, const char *workflow, const char *input)
{
	json_t *in = json_loads(input, JSON_DECODE_ANY, NULL);
	struct core_options options = {
		.module = &t->module,
		.run_id = "run-1",
		.seed = core_seed,
		.input = in,
		.created = CORE_CREATED,
		.rules = CORE_RULES,
		.payload = core_test_payload,
	};

	memset(t, 0, sizeof *t);
	core_test_module(&t->module);
	options.workflow = module_find(&t->module, WF_KIND_WORKFLOW, workflow);
	t->at = CORE_CREATED;
	if (!in || core_new(&t->core, &options, &t->err) < 0)
		bail_out("cannot make a core of '%s' with '%s': %s", workflow, input, t->err.text);
	json_decref(in);
}

CORE_FIXTURE void finish(struct core_test *t)
{
	core_free(t->core);
	free(t->module.entries);
	buf_release(&t->text);
	buf_release(&t->history);
}

/* One event, as the fields of its line. seq and at come by themselves unless given. */
CORE_FIXTURE int feed(struct core_test *t, const char *line)
{
	json_t *body = json_loads(line, 0, NULL), *at = json_object_get(body, "at"),
	       *seq = json_object_get(body, "seq");
	const char *type = json_string_value(json_object_get(body, "type"));
	struct event event = {.body = body};
	int rc;

	if (!body || !type)
		bail_out("not an event: %s", line);
	if (at)
		t->at = json_integer_value(at);
	t->seq = seq ? (uint64_t)json_integer_value(seq) : t->seq + 1;
	event.seq = t->seq;
	event.at = t->at;
	event.type = event_type_parse(type, strlen(type));
	event.cmd = (uint64_t)json_integer_value(json_object_get(body, "cmd"));
	if (t->recording) {
		json_object_set_new(body, "at", json_integer(t->at));
		json_object_set_new(body, "seq", json_integer((json_int_t)t->seq));
		char *text = json_dumps(body, JSON_COMPACT);
		buf_addf(&t->history, "%s\n", text);
		free(text);
	}
	rc = core_feed(t->core, &event, &t->err);
	event_release(&event);
	return rc;
}

CORE_FIXTURE int __attribute__((format(printf, 2, 3)))
feedf(struct core_test *t, const char *format, ...)
{
	struct buf line = BUF_INIT;
	va_list ap;
	int rc;

	va_start(ap, format);
	buf_addv(&line, format, ap);
	va_end(ap);
	rc = feed(t, line.data);
	buf_release(&line);
	return rc;
}

CORE_FIXTURE int completed(struct core_test *t, uint64_t cmd, const char *result)
{
	return feedf(t, "{\"type\":\"step_completed\",\"cmd\":%llu,\"attempt\":1,\"result\":%s}",
		     (unsigned long long)cmd, result);
}

CORE_FIXTURE int failed(struct core_test *t, uint64_t cmd, const char *type)
{
	return feedf(
		t,
		"{\"type\":\"step_failed\",\"cmd\":%llu,\"attempt\":3,\"error\":{\"type\":\"%s\","
		"\"message\":\"it went wrong\"}}",
		(unsigned long long)cmd, type);
}

CORE_FIXTURE int fired(struct core_test *t, uint64_t cmd, int64_t after)
{
	t->at += after;
	return feedf(t, "{\"type\":\"timer_fired\",\"cmd\":%llu}", (unsigned long long)cmd);
}

CORE_FIXTURE void start(struct core_test *t, const char *workflow, const char *input)
{
	prepare(t, workflow, input);
	core_set_live(t->core);
	if (feed(t, "{\"type\":\"run_started\"}") < 0)
		bail_out("cannot start '%s': %s", workflow, t->err.text);
}

CORE_FIXTURE void core_test_command(struct buf *out, const struct command *c)
{
	char *input;

	switch (c->kind) {
	case COMMAND_STEP:
		input = json_dumps(c->step->input, JSON_COMPACT | JSON_ENCODE_ANY);
		buf_addf(out, "%llu step %s %s", (unsigned long long)c->id, c->step->name, input);
		free(input);
		break;
	case COMMAND_TIMER:
		buf_addf(out, "%llu timer %lld", (unsigned long long)c->id,
			 (long long)(c->due - CORE_CREATED));
		break;
	case COMMAND_CANCEL:
		buf_addf(out, "cancel %llu", (unsigned long long)c->target);
		break;
	case COMMAND_SIDE_EFFECT:
		buf_addf(out, "%llu side effect", (unsigned long long)c->id);
		break;
	case COMMAND_LOG:
		buf_addf(out, "log %s", c->text);
		break;
	case COMMAND_TELL:
	case COMMAND_ACQUIRE:
	case COMMAND_LET_GO:
		input = json_dumps(c->fields, JSON_COMPACT);
		buf_addf(out, "%llu %s %s", (unsigned long long)c->id,
			 c->kind == COMMAND_TELL      ? "tell"
			 : c->kind == COMMAND_ACQUIRE ? "acquire"
						      : "let go",
			 input);
		free(input);
		break;
	case COMMAND_SIGNAL:
	case COMMAND_UPDATE:
		input = json_dumps(c->value, JSON_COMPACT | JSON_ENCODE_ANY);
		if (c->kind == COMMAND_SIGNAL)
			buf_addf(out, "%llu signal %s to %s %s", (unsigned long long)c->id, c->name,
				 c->run, input);
		else
			buf_addf(out, "update %s %s %s", c->name,
				 c->failed ? "failed" : "completed", input);
		free(input);
		break;
	case COMMAND_CHILD:
		input = json_dumps(c->child->input, JSON_COMPACT | JSON_ENCODE_ANY);
		buf_addf(out, "%llu child %s %s", (unsigned long long)c->id, c->child->workflow,
			 input);
		free(input);
		break;
	case COMMAND_MARKER:
		buf_addf(out, "%s %s", event_type_name(c->marker), c->text);
		break;
	}
}

/* What it asks for since this was called last: "1 step charge {}; 2 timer 1000". */
CORE_FIXTURE const char *asked(struct core_test *t)
{
	const struct command *c;

	buf_clear(&t->text);
	buf_adds(&t->text, "");
	while ((c = core_next(t->core))) {
		if (t->text.len)
			buf_adds(&t->text, "; ");
		core_test_command(&t->text, c);
	}
	return t->text.data;
}

/* "running", "completed 7", "failed type: message". */
CORE_FIXTURE const char *ended(struct core_test *t)
{
	json_t *error = core_error(t->core);
	char *result;

	buf_clear(&t->text);
	switch (core_status(t->core)) {
	case CORE_RUNNING:
		return "running";
	case CORE_COMPLETED:
		result = json_dumps(core_result(t->core), JSON_COMPACT | JSON_ENCODE_ANY);
		buf_addf(&t->text, "completed %s", result);
		free(result);
		return t->text.data;
	case CORE_FAILED:
	case CORE_CANCELLED:
		buf_addf(&t->text, "%s %s: %s",
			 core_status(t->core) == CORE_FAILED ? "failed" : "cancelled",
			 json_string_value(json_object_get(error, "type")),
			 json_string_value(json_object_get(error, "message")));
		return t->text.data;
	default:
		return "?";
	}
}

#endif
