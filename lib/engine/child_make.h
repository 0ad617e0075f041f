/* SPDX-License-Identifier: MIT */
/* Making the run of a child. */
#ifndef WF_ENGINE_CHILD_MAKE_H
#define WF_ENGINE_CHILD_MAKE_H

#include "../model/child.h"

#include <stdbool.h>
#include <stdint.h>

#define CHILD_LEFT_REASON "its parent was reset"

struct err;
struct run;
struct runner;

/* Make it on disk, durably. Its module is the parent's when that has the workflow, else what is
 * found by name. ERR_EXISTS when the id is taken; ERR_NOT_FOUND, ERR_USAGE, ERR_MODULE when there
 * is no such workflow. */
int child_make(struct runner *parent, uint64_t cmd, const struct child *child, const char *id,
	       struct err *err);
/* Whether that run is the child of this command of this run (and not of another that had its id).
 */
bool child_is_ours(const struct runner *parent, uint64_t cmd, const struct run *run);
/* The same in the place of a run that has ended and has the id, or of a child that the parent asked
 * for before it was reset. ERR_EXISTS, ERR_USAGE: it may not be replaced; ERR_BUSY: it is
 * driven. */
int child_make_anew(struct runner *parent, uint64_t cmd, const struct child *child, struct run *run,
		    struct err *err);

#endif
