/* SPDX-License-Identifier: MIT */
#include "stub.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "runner.h"
#include "task.h"

#include <stdlib.h>
#include <string.h>

#define FAIL "fail:"

/* TYPE:MESSAGE, the message may be missing. New. */
static json_t *parse_failure(const char *text)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	json_t *type = json_stringn(text, len);

	return json_pack("{s:{s:o, s:s}}", "error", "type", type, "message",
			 colon ? colon + 1 : "stubbed");
}

static int parse_outcome(const char *name, const char *text, json_t **ret, struct err *err)
{
	json_error_t why;
	json_t *value;

	if (strncmp(text, FAIL, strlen(FAIL)) == 0) {
		text += strlen(FAIL);
		if (!*text || *text == ':')
			return err_set(err, ERR_USAGE,
				       "the stub of '%s' has no type of failure; give "
				       "%s=fail:TYPE:MESSAGE",
				       name, name);
		*ret = parse_failure(text);
		return *ret ? 0 : err_nomem(err);
	}
	value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
	if (!value)
		return err_set(err, ERR_USAGE,
			       "the stub of '%s' is neither JSON nor "
			       "fail:TYPE:MESSAGE: %s",
			       name, why.text);
	*ret = json_pack("{s:o}", "result", value);
	return *ret ? 0 : err_nomem(err);
}

int stub_parse(json_t *stubs, const char *text, struct err *err)
{
	const char *equals = strchr(text, '=');
	json_t *outcome = NULL;
	char *name;
	int rc;

	if (!str_utf8(text, strlen(text)))
		return err_set(err, ERR_USAGE, "'%s' is no stub: it is not UTF-8", text);
	if (!equals || equals == text)
		return err_set(err, ERR_USAGE,
			       "'%s' is no stub; give STEP=JSON or "
			       "STEP=fail:TYPE:MESSAGE",
			       text);
	name = strndup(text, (size_t)(equals - text));
	if (!name)
		return err_nomem(err);
	rc = parse_outcome(name, equals + 1, &outcome, err);
	if (rc == 0 && json_object_set_new(stubs, name, outcome) < 0)
		rc = err_nomem(err);
	free(name);
	return rc;
}

const json_t *stub_find(const struct runner *r, const char *step)
{
	return json_object_get(json_object_get(r->run.info.options, "stubs"), step);
}

int stub_settle(struct task *task, const json_t *stub, struct err *err)
{
	const json_t *error = json_object_get(stub, "error");
	char *text = dump_json(error ? error : json_object_get(stub, "result"),
			       JSON_COMPACT | JSON_ENCODE_ANY);
	int rc;

	task->stubbed = true;
	rc = text ? task_settle(task, !error, text, strlen(text), 0, err) : err_nomem(err);
	free(text);
	return rc;
}
