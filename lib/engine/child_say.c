/* SPDX-License-Identifier: MIT */
/* What the history of a run says of its children. */
#include "../base/str.h"
#include "../model/child.h"
#include "../model/dump.h"
#include "child_internal.h"
#include "driver_internal.h"
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void key_of(uint64_t cmd, char ret[24])
{
	snprintf(ret, 24, "%llu", (unsigned long long)cmd);
}

int kid_known(struct runner *r, const struct event *event, struct err *err)
{
	char key[24];
	int rc = 0;

	key_of(event->cmd, key);
	if (event->type == EVENT_CHILD_STARTED)
		rc = json_object_set(r->children, key, event->body);
	else if (event->type == EVENT_CHILD_CLOSED)
		json_object_del(r->children, key);
	return rc < 0 ? err_nomem(err) : 0;
}

int kid_recorded(const struct kid *kid)
{
	char key[24];
	json_t *body, *attempt;

	key_of(kid->cmd, key);
	body = json_object_get(kid->parent->children, key);
	attempt = json_object_get(body, "attempt");
	return !body ? 0 : attempt ? (int)json_integer_value(attempt) : 1;
}

/* The members that both events have. */
static json_t *event_body(const struct kid *kid)
{
	return json_pack("{s:s, s:s}", "child", kid->id, "workflow", kid->child->workflow);
}

static int add_members(struct buf *fields, const json_t *body, struct err *err)
{
	char *text = dump_json(body, JSON_COMPACT);

	if (text && fields->len)
		buf_addc(fields, ',');
	if (text)
		buf_add(fields, text + 1, strlen(text) - 2);
	free(text);
	return text && buf_ok(fields) ? 0 : err_nomem(err);
}

static char *note(const struct kid *kid, const char *word)
{
	return str_format("child %s: %s", kid->id, word);
}

int kid_say_started(struct kid *kid, struct err *err)
{
	struct runner *r = kid->parent;
	struct happening *h = runner_happen(r, EVENT_CHILD_STARTED, kid->cmd);
	json_t *body = event_body(kid);
	char key[24];
	int rc = h && body ? 0 : -1;

	key_of(kid->cmd, key);
	if (rc == 0 && kid->attempt > 1)
		rc = json_object_set_new(body, "attempt", json_integer(kid->attempt));
	if (rc == 0 && kid->child->on_close)
		rc = json_object_set_new(body, "on_close",
					 json_string(child_close_name(kid->child->on_close)));
	if (rc == 0)
		rc = json_object_set(r->children, key, body);
	if (rc == 0 && (rc = add_members(&h->fields, body, err)) == 0) {
		struct buf input = BUF_INIT;

		core_describe_input(r->core, kid->cmd, &input);
		if (buf_ok(&input) && strchr(input.data, ','))
			buf_adds(&h->fields, strstr(input.data, ",\"input"));
		rc = buf_ok(&input) && buf_ok(&h->fields) ? 0 : -1;
		buf_release(&input);
		h->event.body = json_incref(body);
		h->note = note(kid, "started");
	}
	json_decref(body);
	return rc < 0 ? err_nomem(err) : 0;
}

int kid_settle(struct kid *kid, const char *status, json_t *value, struct err *err)
{
	struct runner *r = kid->parent;
	const char *member = strcmp(status, "completed") == 0 ? "result" : "error";
	struct happening *h = runner_happen(r, EVENT_CHILD_CLOSED, kid->cmd);
	json_t *body = event_body(kid);
	int rc = h && body ? 0 : err_nomem(err);
	char key[24];

	if (rc == 0 && json_object_set_new(body, "status", json_string(status)) < 0)
		rc = err_nomem(err);
	if (rc == 0)
		rc = add_members(&h->fields, body, err);
	if (rc == 0) {
		buf_addc(&h->fields, ',');
		rc = runner_put_json(r, &h->fields, member, value, err);
	}
	if (rc == 0 && json_object_set(body, member, value) < 0)
		rc = err_nomem(err);
	if (rc == 0) {
		h->event.body = json_incref(body);
		h->note = note(kid, status);
		key_of(kid->cmd, key);
		json_object_del(r->children, key);
	}
	json_decref(body);
	kid_free(kid);
	return rc;
}

int kid_settle_failed(struct kid *kid, const char *type, const char *message, struct err *err)
{
	json_t *error = json_pack("{s:s, s:s, s:b}", "type", type, "message", message, "permanent",
				  1);
	int rc = error ? kid_settle(kid, "failed", error, err) : err_nomem(err);

	json_decref(error);
	return rc;
}
