/* SPDX-License-Identifier: MIT */
/* Options of a step: those of the call over those of its WF_STEP over the defaults. */
#ifndef WF_CORE_OPTIONS_H
#define WF_CORE_OPTIONS_H

#include "../model/step.h"
#include "../wf.h"

#include <stddef.h>

/* Non-zero wins. Reads only as much of each as its size declares; either may be NULL. */
void options_merge(wf_step_options *ret, const wf_step_options *call,
		   const wf_step_options *of_step);
/* Whether they make sense; else says in out what does not. */
bool options_check(const wf_step_options *options, enum step_kind kind, char *out, size_t size);
/* Fill in the step with every default. -1: no memory; step can then be released. */
int options_apply(struct step *step, const wf_step_options *options);

#endif
