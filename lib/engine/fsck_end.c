/* SPDX-License-Identifier: MIT */
/* The end of a run: its last event, result.json and the folder that it is in must agree. */
#include "fsck_internal.h"

#include "../base/buf.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../model/parse.h"
#include "../os/file.h"
#include "status.h"

#include <stdlib.h>
#include <string.h>

#define RESULT_MAX ((size_t)1 << 30)

static const struct {
	enum event_type type;
	enum run_status status;
	const char *member;
} ends[] = {
	{EVENT_RUN_COMPLETED, STATUS_COMPLETED, "result"},
	{EVENT_RUN_FAILED, STATUS_FAILED, "error"},
	{EVENT_RUN_CANCELLED, STATUS_CANCELLED, "error"},
	{EVENT_RUN_TERMINATED, STATUS_TERMINATED, "error"},
};

static size_t place_of(enum event_type type)
{
	size_t i = 0;

	while (i + 1 < sizeof ends / sizeof ends[0] && ends[i].type != type)
		i++;
	return i;
}

/* What the last event says. New; json_null when it says nothing. NULL: *err tells. */
static json_t *end_value(struct look *l, const char *member, struct err *err)
{
	char *twin = str_format("%s_file", member);
	json_t *file = twin ? json_object_get(l->end.body, twin) : NULL;
	json_t *value = json_object_get(l->end.body, member), *ret = NULL;

	if (!twin)
		err_nomem(err);
	else if (json_is_string(file))
		run_get_payload(&l->run, json_string_value(file), &ret, err);
	else
		ret = value ? json_incref(value) : json_null();
	free(twin);
	return ret;
}

/* NULL when they agree, else a static text of what differs. */
static const char *compare(struct look *l, const json_t *result)
{
	size_t i = place_of(l->end.type);
	const char *id = json_string_value(json_object_get(result, "id"));
	const char *status = json_string_value(json_object_get(result, "status"));
	struct err ignored = ERR_INIT;
	json_t *value, *told = json_object_get(result, ends[i].member);
	bool same;

	if (!id || strcmp(id, l->id) != 0)
		return "is of another run";
	if (!status || strcmp(status, run_status_name(ends[i].status)) != 0)
		return "has another status than the last event";
	if (l->end.type == EVENT_RUN_TERMINATED)
		return NULL;
	value = end_value(l, ends[i].member, &ignored);
	if (!value)
		return NULL; /* the payload was told of */
	same = json_equal(value, told ? told : json_null());
	json_decref(value);
	return same ? NULL : "tells another outcome than the last event";
}

static void check_result(struct look *l, const char *path)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	json_t *result = NULL;
	const char *what = NULL;

	if (os_read_file(l->fsck->state->os, path, RESULT_MAX, &text, &why) < 0) {
		what = why.code == ERR_NOT_FOUND ? "is missing" : "cannot be read";
	} else {
		struct err ignored = ERR_INIT;

		parse_json(&result, text.data ? text.data : "", text.len, &ignored);
		what = json_is_object(result) ? compare(l, result) : "is no JSON object";
	}
	if (what)
		problem_add(&l->problems, true, FIX_END, "result.json", "'%s' %s", path, what);
	json_decref(result);
	buf_release(&text);
}

int look_at_end(struct look *l, struct err *err)
{
	char *path = look_path(l, "result.json");

	if (!path)
		return err_nomem(err);
	if (!l->sound || l->driven)
		;
	else if (!l->closed && l->ended)
		problem_add(&l->problems, false, FIX_END, NULL,
			    "'%s' has ended and is not in closed/", l->path);
	else if (l->closed && !l->ended)
		problem_add(
			&l->problems, true, FIX_NONE, NULL,
			"the history of '%s' has no end; move it to open/ and run 'wf resume %s'",
			l->path, l->id);
	else if (l->closed)
		check_result(l, path);
	else if (os_exists(l->fsck->state->os, path))
		problem_add(&l->problems, false, FIX_NONE, NULL,
			    "'%s' tells of an end that the history does not have", path);
	free(path);
	return 0;
}

static json_t *make_result(struct look *l, struct err *err)
{
	size_t i = place_of(l->end.type);
	json_t *value = end_value(l, ends[i].member, err), *result;

	if (!value)
		return NULL;
	result = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "id", l->id, "workflow",
			   l->run.info.workflow, "status", run_status_name(ends[i].status),
			   "created", (json_int_t)l->run.info.created, "closed",
			   (json_int_t)l->end.at, "steps", (json_int_t)l->steps, "events",
			   (json_int_t)l->end.seq, ends[i].member, value);
	if (!result)
		err_nomem(err);
	return result;
}

static int replace_result(struct look *l, const json_t *result, struct err *err)
{
	char *path = look_path(l, "result.json"), *text = dump_json(result, JSON_COMPACT);
	struct buf line = BUF_INIT;
	int rc;

	if (text)
		buf_addf(&line, "%s\n", text);
	rc = path && text && buf_ok(&line)
		     ? os_replace(l->fsck->state->os, path, line.data, line.len, 0600, err)
		     : err_nomem(err);
	buf_release(&line);
	free(path);
	free(text);
	return rc;
}

int mend_end(struct look *l, struct err *err)
{
	json_t *result = l->opened && l->ended ? make_result(l, err) : NULL;
	int rc = 0;

	if (result)
		rc = l->closed ? replace_result(l, result, err) : run_close(&l->run, result, err);
	json_decref(result);
	return err->code ? -err->code : rc;
}
