/* SPDX-License-Identifier: MIT */
/* What the functions of wf.h share: they run on a strand of the workflow, and may be called from a
 * wrong place. */
#ifndef WF_CORE_AUTHOR_H
#define WF_CORE_AUTHOR_H

#include "schedule.h"

/* The core, if wf is the context of the workflow code that runs right now; else NULL. */
struct core *author_core(const wf_ctx *wf);
/* The same for calls that ask or wait; where that is not possible the running strand meets a
 * failure. */
struct core *author_asking(const wf_ctx *wf);
/* Whether name can be that of a `what` ("signal"); else the running strand meets a failure. */
bool author_name(struct core *core, const char *what, const char *name);
/* The running strand meets a failure. */
void author_fail(struct core *core, const char *type, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Ask for entry. Steals it. */
void author_ask(struct core *core, struct entry *entry);
/* Ask for entry and wait. Its value, lent; NULL: failed, and the running strand has met it. */
json_t *author_ask_and_wait(struct core *core, struct entry *entry);
/* Ask for entry; its future. */
wf_future *author_start(struct core *core, struct entry *entry);
/* A future that has failed already, with the failure met last. */
wf_future *author_failed(struct core *core);
/* Wait for a future of the workflow. Its value, lent; NULL: failed, and the running strand has met
 * it. */
json_t *author_await(struct core *core, wf_future *future);

/* The entry of a step; NULL: not possible, and the running strand has met the reason. share: the
 * input is not changed before the outcome is there. */
struct entry *author_step(struct core *core, const char *name, wf_step_fn *fn, const json_t *in,
			  bool share, const wf_step_options *options);
/* The entry of a command: exec (options->argv) or shell. */
struct entry *author_command(struct core *core, const char *name, const char *shell, bool exec,
			     const wf_step_options *options);
struct entry *author_timer(struct core *core, wf_duration after);

#endif
