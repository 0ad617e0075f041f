/* SPDX-License-Identifier: MIT */
#include "select.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/model/filter.h"
#include "../lib/store/index.h"
#include "../lib/store/state.h"
#include "clock.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

/* Lines that mean nothing, beyond which the index is written anew. */
#define STALE_MOST 1000

/* A run that is meant: open and summarized, or a line of the index. */
struct candidate {
	int64_t created;
	const char *id;
	struct run_summary *summary; /* owned; NULL: by the line */
	const struct index_entry *entry;
};

struct selecting {
	const struct selection *selection;
	struct state *state;
	struct err *err;
	int64_t now;
	struct candidate *v;
	size_t n, size, unreadable;
	struct buf healed; /* lines that the index lacked */
};

int select_parse(struct filter **ret, const char *where, struct err *err)
{
	*ret = NULL;
	return where ? filter_parse(ret, where, clock_now(), err) : 0;
}

static int add(struct selecting *s, struct candidate candidate)
{
	if (s->n == s->size) {
		size_t size = s->size ? s->size * 2 : 64;
		struct candidate *v = reallocarray(s->v, size, sizeof *v);

		if (!v)
			return err_nomem(s->err);
		s->v = v;
		s->size = size;
	}
	s->v[s->n++] = candidate;
	return 0;
}

static bool summary_wanted(const struct selecting *s, const struct run_summary *summary)
{
	struct filter_subject subject = {.id = summary->id,
					 .workflow = summary->workflow,
					 .status = run_status_name(summary->status),
					 .parent = summary->parent,
					 .created = summary->created,
					 .updated = summary->updated,
					 .closed = summary->closed,
					 .now = s->now,
					 .steps = summary->steps,
					 .tags = summary->tags};

	return !s->selection->filter || filter_holds(s->selection->filter, &subject);
}

static int add_summary(struct selecting *s, const struct run_summary *summary)
{
	struct run_summary *kept = malloc(sizeof *kept);

	if (!kept)
		return err_nomem(s->err);
	*kept = *summary;
	return add(s, (struct candidate){summary->created, kept->id, kept, NULL});
}

static int read_run(void *arg, const char *id, bool closed)
{
	struct selecting *s = arg;
	struct run_summary summary;
	struct err err = ERR_INIT;

	if (run_summarize(&summary, s->state, id, closed, &err) < 0) {
		/* a run that was closed meanwhile is there no more */
		if (err.code != ERR_NOT_FOUND) {
			warn("run '%s' cannot be read: %s", id, err.text);
			s->unreadable++;
		}
		return 0;
	}
	if (summary_wanted(s, &summary))
		return add_summary(s, &summary);
	run_summary_release(&summary);
	return 0;
}

/* A text of the line as one that ends: the line is ours, and put right again. */
struct ended_texts {
	char *at[4];
	char was[4];
	size_t n;
};

static const char *end_text(struct ended_texts *e, const char *text, size_t n)
{
	if (!text)
		return NULL;
	e->at[e->n] = (char *)(uintptr_t)text + n;
	e->was[e->n] = *e->at[e->n];
	*e->at[e->n++] = '\0';
	return text;
}

/* Whether the filter holds for a line: 1, 0, or -1 when the line cannot be judged so. */
static int line_wanted(const struct selecting *s, const struct index_entry *entry,
		       int64_t *ret_created)
{
	const struct filter *filter = s->selection->filter;
	struct ended_texts ended = {.n = 0};
	struct filter_subject subject;
	struct index_line line;
	json_t *tags = NULL;
	bool holds;

	if (!index_scan(entry->line, entry->len, &line))
		return -1;
	*ret_created = line.created;
	if (!filter)
		return 1;
	if (line.tags && filter_needs_tags(filter)) {
		tags = json_loadb(line.tags, line.tags_len, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL,
				  NULL);
		if (!tags)
			return -1;
	}
	subject = (struct filter_subject){
		.id = end_text(&ended, line.id, line.id_len),
		.workflow = end_text(&ended, line.workflow, line.workflow_len),
		.status = end_text(&ended, line.status, line.status_len),
		.parent = end_text(&ended, line.parent, line.parent_len),
		.created = line.created,
		.updated = line.updated,
		.closed = line.closed,
		.now = s->now,
		.steps = line.steps,
		.tags = tags};
	holds = filter_holds(filter, &subject);
	while (ended.n-- > 0)
		*ended.at[ended.n] = ended.was[ended.n];
	json_decref(tags);
	return holds;
}

/* A closed run that the index does not know. */
static int read_closed(struct selecting *s, const char *id)
{
	struct err ignored = ERR_INIT;
	char *line;

	if (run_index_line(s->state, id, &line, &ignored) == 0) {
		buf_adds(&s->healed, line);
		free(line);
	}
	return read_run(s, id, true);
}

static int take_closed(struct selecting *s, const struct index *index)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < index->count; i++) {
		const struct index_entry *entry = &index->entries[i];
		int64_t created = 0;
		int wanted = entry->line ? line_wanted(s, entry, &created) : -1;

		if (wanted > 0)
			rc = add(s, (struct candidate){created, entry->id, NULL, entry});
		else if (wanted < 0)
			rc = read_closed(s, entry->id);
	}
	return rc;
}

/* What is good of the index, and what was found beside it, written anew or added. */
static void heal(struct selecting *s, const struct index *index)
{
	struct err ignored = ERR_INIT;
	struct buf lines = BUF_INIT;

	if (index->lines > 2 * index->count + STALE_MOST) {
		for (size_t i = 0; i < index->count; i++)
			if (index->entries[i].line)
				buf_add(&lines, index->entries[i].line, index->entries[i].len + 1);
		buf_add(&lines, s->healed.data, s->healed.len);
		if (buf_ok(&lines))
			index_replace(s->state, index->bytes, lines.data ? lines.data : "",
				      lines.len, &ignored);
	} else if (s->healed.len && buf_ok(&s->healed)) {
		index_append(s->state, s->healed.data, s->healed.len, &ignored);
	}
	buf_release(&lines);
}

static int newest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->created != y->created)
		return x->created > y->created ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void candidate_release(struct candidate *candidate)
{
	if (candidate->summary)
		run_summary_release(candidate->summary);
	free(candidate->summary);
	candidate->summary = NULL;
}

/* A run that moved from open/ to closed/ while they were read is there twice; the later reading
 * holds. */
static void drop_doubles(struct selecting *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		bool again = kept && strcmp(s->v[kept - 1].id, s->v[i].id) == 0;
		bool later = again && (s->v[i].entry || s->v[i].summary->closed);

		if (again)
			candidate_release(&s->v[later ? kept - 1 : i]);
		if (!again)
			s->v[kept++] = s->v[i];
		else if (later)
			s->v[kept - 1] = s->v[i];
	}
	s->n = kept;
}

/* 1: *ret is the summary; 0: it is gone. */
static int summarize(struct selecting *s, struct candidate *candidate, struct run_summary *ret)
{
	struct err err = ERR_INIT;
	int rc;

	if (candidate->summary) {
		*ret = *candidate->summary;
		free(candidate->summary);
		candidate->summary = NULL;
		return 1;
	}
	rc = run_summary_of_line(ret, candidate->entry->line, candidate->entry->len, s->err);
	if (rc != 0)
		return rc;
	if (run_summarize(ret, s->state, candidate->id, true, &err) == 0)
		return 1;
	if (err.code != ERR_NOT_FOUND) {
		warn("run '%s' cannot be read: %s", candidate->id, err.text);
		s->unreadable++;
	}
	return 0;
}

static int make_rows(struct selecting *s, struct rows *rows)
{
	size_t limit = s->selection->limit && s->selection->limit < s->n ? s->selection->limit
									 : s->n;
	int rc = 0;

	rows->total = s->n;
	rows->v = calloc(limit ? limit : 1, sizeof *rows->v);
	if (!rows->v)
		return err_nomem(s->err);
	for (size_t i = 0; rc >= 0 && i < limit; i++) {
		rc = summarize(s, &s->v[i], &rows->v[rows->n]);
		rows->n += rc > 0;
	}
	rows->unreadable = s->unreadable;
	return rc < 0 ? rc : 0;
}

int select_rows(struct rows *ret, struct state *state, const struct selection *selection,
		struct err *err)
{
	struct selecting s = {.selection = selection,
			      .state = state,
			      .err = err,
			      .now = clock_now(),
			      .healed = BUF_INIT};
	struct rows rows = {0};
	struct index index = {0};
	int rc = 0;

	/* open runs first: one that is closed meanwhile is found in one of the two */
	if (selection->open)
		rc = state_each_run(state, true, false, read_run, &s, err);
	if (rc == 0 && selection->closed)
		rc = index_load(&index, state, err);
	if (rc == 0)
		rc = take_closed(&s, &index);
	if (rc == 0 && selection->closed)
		heal(&s, &index);
	if (rc == 0 && s.n)
		qsort(s.v, s.n, sizeof *s.v, newest_first);
	if (rc == 0)
		drop_doubles(&s);
	if (rc == 0)
		rc = make_rows(&s, &rows);
	for (size_t i = 0; i < s.n; i++)
		candidate_release(&s.v[i]);
	free(s.v);
	buf_release(&s.healed);
	index_release(&index);
	if (rc < 0)
		rows_release(&rows);
	else
		*ret = rows;
	return rc;
}
