/* SPDX-License-Identifier: MIT */
/*
 * What a run is doing, read from its files and a kernel lock alone: right even when its driver was
 * killed, and it disturbs nobody.
 */
#ifndef WF_ENGINE_STATUS_H
#define WF_ENGINE_STATUS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct err;
struct state;

enum run_status {
	STATUS_RUNNING,
	STATUS_SUSPENDED,
	STATUS_INTERRUPTED,
	STATUS_HALTED,
	STATUS_COMPLETED,
	STATUS_FAILED,
	STATUS_CANCELLED,
	STATUS_TERMINATED,
};

const char *run_status_name(enum run_status status);

struct run_summary {
	char *id, *workflow; /* owned */
	char *parent;        /* owned; NULL: none */
	enum run_status status;
	int64_t created, updated; /* ms since 1970; updated: the last event */
	int64_t closed;           /* 0 while open */
	uint64_t steps, events;
	pid_t driver;           /* 0: none */
	int64_t deadline;       /* of a suspended run: by when it must have ended; 0: whenever */
	bool due;               /* suspended, and what it waits for has come */
	json_t *waiting;        /* array, never NULL */
	json_t *result, *error; /* NULL where there is none */
	json_t *tags;           /* object; NULL where there are none */
	json_t *told;           /* memo and details too, as lib/model/told.h; NULL: not read */
};

int run_summarize(struct run_summary *ret, struct state *state, const char *id, bool closed,
		  struct err *err);
/* The same of a closed run out of its line in the index: 1; 0 when the line does not tell all. */
int run_summary_of_line(struct run_summary *ret, const char *text, size_t n, struct err *err);
/* The line that the index should have of a closed run; new, with its newline. */
int run_index_line(struct state *state, const char *id, char **ret, struct err *err);
void run_summary_release(struct run_summary *summary);
/* The object of wf-json(5). New. */
json_t *run_summary_json(const struct run_summary *summary);

#endif
