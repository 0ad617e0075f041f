/* SPDX-License-Identifier: MIT */
/*
 * A child run as it was asked for: on its way from the core to whoever makes
 * it. Not on disk.
 */
#ifndef WF_MODEL_CHILD_H
#define WF_MODEL_CHILD_H

#include "retry.h"
#include "step.h"

#include <jansson.h>

/* What becomes of a child that is open when its parent ends. The words of "on_close" on disk. */
enum child_close { CHILD_TERMINATE, CHILD_CANCEL, CHILD_ABANDON };
/* Whether it may take the id of a run that has ended. */
enum child_reuse { CHILD_REUSE_ALLOW, CHILD_REUSE_FAILED, CHILD_REUSE_REJECT };

struct child {
	char *id;        /* owned; of its first attempt */
	char *workflow;  /* owned: a name in the parent's module, or what `wf run` takes */
	json_t *input;   /* owned */
	json_t *options; /* owned: "options" of its run.json */
	struct retry_policy retry; /* attempts: at least 1 */
	enum child_close on_close;
	enum child_reuse reuse;
	enum step_cancel on_cancel;
};

/* NULL is allowed. */
void child_free(struct child *child);
/* "terminate", "cancel", "abandon". */
const char *child_close_name(enum child_close policy);
/* Of a name that may be missing (NULL): terminate. */
enum child_close child_close_parse(const char *name);

#endif
