/* SPDX-License-Identifier: MIT */
/* One line of the index: made from a run, and read without a parse of all of it. */
#include "index.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../model/dump.h"
#include "run.h"

#include <stdlib.h>
#include <string.h>

#define FLAGS (JSON_COMPACT | JSON_ENCODE_ANY)
#define RESULT_MOST 1024
#define ERROR_MOST 2048

static void add_json(struct buf *out, const char *member, const json_t *value)
{
	char *text = dump_json(value, FLAGS);

	if (text)
		buf_addf(out, "%s\"%s\":%s", out->len > 1 ? "," : "", member, text);
	else
		out->failed = true;
	free(text);
}

static void add_member(struct buf *out, const json_t *object, const char *member)
{
	const json_t *value = json_object_get(object, member);

	if (value)
		add_json(out, member, value);
}

static void add_number(struct buf *out, const json_t *object, const char *member)
{
	buf_addf(out, ",\"%s\":%lld", member,
		 (long long)json_integer_value(json_object_get(object, member)));
}

/* Whether it is small enough to be told here. */
static bool is_small(const json_t *value, size_t most)
{
	size_t n = json_dumpb(value, NULL, 0, FLAGS);

	return n > 0 && n <= most;
}

int index_line_of(struct run *run, const json_t *result, char **ret_line, struct err *err)
{
	const json_t *error = json_object_get(result, "error"),
		     *value = json_object_get(result, "result");
	json_t *told = NULL, *parent = run->info.parent ? json_string(run->info.parent) : NULL;
	struct buf line = BUF_INIT;
	bool small = is_small(value, RESULT_MOST);
	int rc = run_told(run, &told, err);

	if (rc < 0)
		return rc;
	buf_addc(&line, '{');
	add_member(&line, result, "id");
	add_member(&line, result, "workflow");
	add_member(&line, result, "status");
	add_number(&line, result, "created");
	buf_addf(&line, ",\"updated\":%lld",
		 (long long)json_integer_value(json_object_get(result, "closed")));
	add_number(&line, result, "closed");
	add_number(&line, result, "steps");
	add_number(&line, result, "events");
	if (parent)
		add_json(&line, "parent", parent);
	if (json_object_size(json_object_get(told, "tags")))
		add_member(&line, told, "tags");
	if (error && is_small(error, ERROR_MOST))
		add_member(&line, result, "error");
	if (value && small)
		add_member(&line, result, "result");
	if ((value && !small) || (error && !is_small(error, ERROR_MOST)))
		buf_adds(&line, ",\"more\":true");
	buf_adds(&line, "}\n");
	json_decref(told);
	json_decref(parent);
	*ret_line = buf_detach(&line);
	return *ret_line ? 0 : err_nomem(err);
}

/* What is left of a line to be scanned. */
struct scan {
	const char *at, *end;
};

static bool skip(struct scan *s, const char *text)
{
	size_t n = strlen(text);

	if ((size_t)(s->end - s->at) < n || memcmp(s->at, text, n) != 0)
		return false;
	s->at += n;
	return true;
}

/* ..." ; one with an escape in it is left to a parser. */
static bool take_text(struct scan *s, const char **ret, size_t *ret_len)
{
	const char *quote = memchr(s->at, '"', (size_t)(s->end - s->at));

	if (!quote || memchr(s->at, '\\', (size_t)(quote - s->at)))
		return false;
	*ret = s->at;
	*ret_len = (size_t)(quote - s->at);
	s->at = quote + 1;
	return true;
}

static bool take_number(struct scan *s, int64_t *ret)
{
	bool minus = s->at < s->end && *s->at == '-';
	const char *begin = s->at += minus;
	int64_t n = 0;

	for (; s->at < s->end && *s->at >= '0' && *s->at <= '9' && s->at - begin < 18; s->at++)
		n = n * 10 + (*s->at - '0');
	*ret = minus ? -n : n;
	return s->at > begin;
}

bool index_scan(const char *line, size_t len, struct index_line *ret)
{
	struct scan s = {line, line + len};
	struct index_line l = {0};
	int64_t steps, events;

	if (!skip(&s, "{\"id\":\"") || !take_text(&s, &l.id, &l.id_len) ||
	    !skip(&s, ",\"workflow\":\"") || !take_text(&s, &l.workflow, &l.workflow_len) ||
	    !skip(&s, ",\"status\":\"") || !take_text(&s, &l.status, &l.status_len) ||
	    !skip(&s, ",\"created\":") || !take_number(&s, &l.created) ||
	    !skip(&s, ",\"updated\":") || !take_number(&s, &l.updated) ||
	    !skip(&s, ",\"closed\":") || !take_number(&s, &l.closed) || !skip(&s, ",\"steps\":") ||
	    !take_number(&s, &steps) || !skip(&s, ",\"events\":") || !take_number(&s, &events))
		return false;
	l.steps = (uint64_t)steps;
	l.events = (uint64_t)events;
	if (skip(&s, ",\"parent\":\"") && !take_text(&s, &l.parent, &l.parent_len))
		return false;
	if (skip(&s, ",\"tags\":")) {
		l.tags = s.at;
		l.tags_len = (size_t)(s.end - s.at);
	}
	*ret = l;
	return true;
}
