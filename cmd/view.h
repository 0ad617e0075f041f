/* SPDX-License-Identifier: MIT */
/* How wf run and wf resume show what happens: one of a few kinds behind four functions. */
#ifndef WF_CMD_VIEW_H
#define WF_CMD_VIEW_H

#include "../lib/engine/driver.h"

struct cli;

/* How a run ended, told once the driver is gone. All borrowed. */
struct ended {
	const char *id, *workflow;
	const char *state;    /* path of the state directory */
	const char *path;     /* of the run's folder now; NULL: not known */
	const json_t *detail; /* result, error, waits; may be NULL */
	enum drive_end end;
	bool closed; /* so nothing can resume it */
};

struct view_kind {
	/* many: more than one run is driven. New; NULL: no memory. */
	void *(*open)(const struct cli *cli, bool many);
	void (*progress)(void *view, const struct progress *progress);
	void (*tick)(void *view);
	unsigned tick_ms;
	void (*rest)(void *view); /* the loop is over: show the last of it */
	/* Whether it has told how the run ended; may be NULL: it has not. */
	bool (*ended)(void *view, const struct ended *ended);
	void (*close)(void *view);
};

extern const struct view_kind view_tree; /* a terminal: a live tree of steps */
extern const struct view_kind
	view_plain; /* a pipe or a log: one line for each thing that happened */
extern const struct view_kind view_quiet; /* cron: nothing, unless a run fails; then one block */

const struct view_kind *view_choose(const struct cli *cli);

#endif
