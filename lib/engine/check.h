/* SPDX-License-Identifier: MIT */
/*
 * What a module imports that could make a workflow nondeterministic (promise 6), by its ELF
 * symbols. Symbols are those of the whole module: which of its functions calls them is not told
 * apart, and most of them are fine in a step. So a finding is advice, except in a module that has
 * no steps.
 */
#ifndef WF_ENGINE_CHECK_H
#define WF_ENGINE_CHECK_H

struct err;

enum check_level {
	CHECK_CAUGHT,    /* answered from the history inside workflow code: safe anywhere */
	CHECK_STEP_ONLY, /* fine in a step, not in workflow code */
	CHECK_PROBLEM,   /* the same in a module without steps: workflow code it must be */
};

/* "caught", "step-only", "problem": for JSON. */
const char *check_level_name(enum check_level level);

struct check_finding {
	enum check_level level;
	const char *symbol;   /* as the module has it, or the name of a library; borrowed during the
				 call */
	const char *category; /* "threads", "files", ...; static */
	const char *advice;   /* what happens, and what to use instead; static */
};

typedef void check_finding_fn(void *arg, const struct check_finding *finding);

/* Load and validate the module as module_load does, then call each for every finding. 0 or a
 * negative code. */
int check_module(const char *path, check_finding_fn *each, void *arg, struct err *err);
/* What is known of one imported symbol; NULL: nothing to say. Static, its symbol is NULL. */
const struct check_finding *check_symbol(const char *symbol);

#endif
