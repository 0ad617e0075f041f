/* SPDX-License-Identifier: MIT */
/* Failures as workflow code sees them. Each lives as long as its core, for wf_failure is borrowed
 * until the run ends. */
#ifndef WF_CORE_FAILURE_H
#define WF_CORE_FAILURE_H

#include "../wf.h"

#include <stdarg.h>

struct failure {
	struct wf_failure seen; /* first: what wf_error() hands out */
	json_t *json;           /* owned; holds the texts of `seen` */
	struct failure *next;
};

/* A failure from {"type","message","step"?,"attempts"?,"permanent"?,"details"?,"cause"?}. Steals
 * json. NULL: no memory. */
struct failure *failure_new(struct failure **list, json_t *json);
/* The same from a text; cause may be NULL, and is left out when it has too many causes of its own.
 */
struct failure *failure_vnew(struct failure **list, const struct failure *cause, const char *type,
			     const char *format, va_list ap);
/* The error of an event as the failure of a step. Borrows error. */
struct failure *failure_of_step(struct failure **list, const json_t *error, const char *step,
				int attempts);
void failures_free(struct failure **list);
/* What workflow code gets that calls from a wrong place, where no failure can be made. */
extern const struct wf_failure failure_wrong_place;

#endif
