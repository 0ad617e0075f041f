/* SPDX-License-Identifier: MIT */
#include "../model/dump.h"
#include "../model/event.h"
#include "../model/parse.h"
#include "../store/run_internal.h"
#include "replay.h"

#include <stdlib.h>
#include <string.h>

void recording_release(struct recording *r)
{
	run_info_release(&r->info);
	run_release(r->run);
	free(r->run);
	json_decref(r->payloads);
	json_decref(r->events);
	memset(r, 0, sizeof *r);
}

int recording_of_run(struct recording *ret, struct state *state, const char *id, uint64_t upto,
		     struct err *err)
{
	struct recording r = {.run = calloc(1, sizeof *r.run), .upto = upto};
	int rc = r.run ? run_open(r.run, state, id, err) : err_nomem(err);

	if (rc < 0) {
		free(r.run);
		return rc;
	}
	r.info = r.run->info;
	memset(&r.run->info, 0, sizeof r.run->info);
	*ret = r;
	return 0;
}

/* ---- from text */

struct reading {
	struct recording now;
	bool any;
	const char *name;
	unsigned long line;
	uint64_t seq;
	recording_fn *each;
	void *arg;
};

static int bad(const struct reading *r, const char *what, struct err *err)
{
	return err_set(err, ERR_USAGE, "'%s' line %lu: %s", r->name, r->line, what);
}

static int finish(struct reading *r)
{
	int rc = r->any ? r->each(r->arg, &r->now) : 0;

	recording_release(&r->now);
	r->any = false;
	r->seq = 0;
	return rc;
}

static int begin(struct reading *r, const json_t *object, struct err *err)
{
	char *text = dump_json(json_object_get(object, "run"), JSON_COMPACT | JSON_ENCODE_ANY);
	int rc = finish(r);

	if (rc != 0) {
		free(text);
		return rc;
	}
	r->now.events = json_array();
	r->now.payloads = json_object();
	if (!r->now.events || !r->now.payloads)
		rc = err_nomem(err);
	else if (!text || run_info_decode(&r->now.info, text, strlen(text), r->name, err) < 0)
		rc = err->code == ERR_NOMEM ? -ERR_NOMEM
					    : bad(r, "its 'run' is not that of a run.json", err);
	free(text);
	r->any = rc == 0;
	return rc;
}

static int take_event(struct reading *r, json_t *object, struct err *err)
{
	struct err why = ERR_INIT;
	struct event event;

	if (event_of_json(&event, object, &why) < 0)
		return bad(r, why.text, err);
	event_release(&event);
	if (event.seq != r->seq + 1)
		return bad(r, "an event is missing before this one", err);
	r->seq = event.seq;
	return json_array_append(r->now.events, object) < 0 ? err_nomem(err) : 0;
}

static int take_object(struct reading *r, json_t *object, struct err *err)
{
	const char *type = json_string_value(json_object_get(object, "type"));
	const char *file = json_string_value(json_object_get(object, "file"));

	if (type && strcmp(type, "run") == 0)
		return begin(r, object, err);
	if (!type || !r->any)
		return bad(r, "no history begins here; print one with 'wf show ID --json'", err);
	if (strcmp(type, "payload") != 0)
		return take_event(r, object, err);
	if (!file)
		return bad(r, "a payload without its 'file'", err);
	return json_object_set(r->now.payloads, file, json_object_get(object, "value")) < 0
		       ? err_nomem(err)
		       : 0;
}

static int take_line(struct reading *r, const char *line, size_t n, struct err *err)
{
	struct err why = ERR_INIT;
	json_t *object;
	int rc = 0;

	if (n == 0)
		return 0;
	if (parse_json(&object, line, n, &why) < 0)
		return bad(r, why.text, err);
	rc = take_object(r, object, err);
	json_decref(object);
	return rc;
}

int recordings_of_text(const char *text, size_t n, const char *name, recording_fn *each, void *arg,
		       struct err *err)
{
	struct reading r = {.name = name, .each = each, .arg = arg};
	const char *end = text + n;
	int rc = 0;

	while (rc == 0 && text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);

		r.line++;
		rc = take_line(&r, text, len, err);
		text += len + 1;
	}
	if (rc == 0 && !r.any)
		rc = err_set(err, ERR_USAGE,
			     "'%s' holds no history; print one with 'wf show ID --json'", name);
	if (rc == 0)
		rc = finish(&r);
	recording_release(&r.now);
	return rc;
}
