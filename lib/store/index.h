/* SPDX-License-Identifier: MIT */
/*
 * What lists need of closed runs, one JSON object a line: <state>/index/closed.jsonl. It is a
 * cache: the folders in closed/ say which runs there are, a line of a run that is not there means
 * nothing, of several lines of one run the last holds, and a run without a line is read itself.
 *
 *   {"id":..,"workflow":..,"status":..,"created":MS,"updated":MS,"closed":MS,"steps":N,"events":N
 *    [,"parent":ID][,"tags":{..}][,"error":{..}][,"result":..][,"more":true]}
 *
 * in this order. more: the result is too large and is in the run's files. A line is written before
 * the folder moves to closed/ (run_close), under the kernel lock on index/lock; a death between
 * leaves a line that means nothing yet. If a line cannot be written the file goes, and is made
 * anew.
 */
#ifndef WF_STORE_INDEX_H
#define WF_STORE_INDEX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct run;
struct state;

/* One closed run. */
struct index_entry {
	const char *id;
	const char *line; /* NULL: not in the index; without its newline, not NUL-terminated */
	size_t len;
};

struct index {
	struct index_entry *entries;
	size_t count;
	size_t lines; /* in the file, those that mean nothing included */
	size_t bytes; /* of the file */
	char *names, *text;
};

/* Every folder in closed/ and its line. */
int index_load(struct index *ret, struct state *state, struct err *err);
void index_release(struct index *index);

/* The first members of a line. Texts are not NUL-terminated. */
struct index_line {
	const char *id, *workflow, *status, *parent, *tags; /* parent, tags: NULL when absent; tags:
							       to the end of the line */
	size_t id_len, workflow_len, status_len, parent_len, tags_len;
	int64_t created, updated, closed;
	uint64_t steps, events;
};

/* False when the line is not of this form. */
bool index_scan(const char *line, size_t len, struct index_line *ret);

/* The line of a run out of its result.json, tags.json and run.json; appended, with its newline. */
int index_line_of(struct run *run, const json_t *result, char **ret_line, struct err *err);
/* Add lines (whole, with newlines). */
int index_append(struct state *state, const char *lines, size_t n, struct err *err);
/* Write it anew with these lines alone, unless it has no longer the seen bytes. */
int index_replace(struct state *state, size_t seen, const char *lines, size_t n, struct err *err);
/* Forget it all: the next list makes it anew. */
int index_drop(struct state *state, struct err *err);

#endif
