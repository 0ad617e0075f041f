/* SPDX-License-Identifier: MIT */
/*
 * Recorded histories against code, read-only: nothing is written, no lock is
 * taken, a run that is driven meanwhile is not disturbed. Workflow code runs in
 * a child process, so that a crash of it is a verdict too.
 *
 * A history comes from a run of the state directory, or from a file that holds
 * what `wf show ID --json` printed.
 */
#ifndef WF_ENGINE_REPLAY_H
#define WF_ENGINE_REPLAY_H

#include "../base/error.h"
#include "../store/run.h"

#include <jansson.h>
#include <stdint.h>

struct module;
struct state;

struct replay_verdict {
	uint64_t events; /* that were fed, and fitted */
	struct err why;  /* code 0: the history fits the code; else the first divergence */
};

/* One history: of a run of a state directory, or in memory. */
struct recording {
	struct run_info info; /* owned */
	struct run *run;      /* owned; NULL: it is in memory, as */
	json_t *events;       /* owned: array of bodies */
	json_t *payloads;     /* owned: name -> value */
	uint64_t upto;        /* the last event that counts; 0: all do */
};

/* The history of a run up to event upto (0: all of it). */
int recording_of_run(struct recording *ret, struct state *state, const char *id, uint64_t upto,
		     struct err *err);
/* Each history that text holds; stops when each returns non-zero, and returns that. name is for
 * messages. */
typedef int recording_fn(void *arg, const struct recording *recording);
int recordings_of_text(const char *text, size_t n, const char *name, recording_fn *each, void *arg,
		       struct err *err);
void recording_release(struct recording *recording);

/* ERR_MODULE and ERR_NONDETERMINISTIC are verdicts; what cannot be read at all is an error. */
int replay_recording(const struct recording *recording, const struct module *module,
		     struct replay_verdict *ret, struct err *err);

#endif
