/* SPDX-License-Identifier: MIT */
#include "new_run.h"

#include "../lib/base/error.h"
#include "../lib/engine/module.h"
#include "../lib/engine/replace.h"
#include "../lib/engine/run_plan.h"
#include "named.h"

#include <stdlib.h>
#include <string.h>

int new_run_load(struct new_run *run, struct state *state, struct err *err)
{
	int r = 0;

	if (named_needs_compiler(run->named))
		r = module_compile(state, run->named->file, &run->file, err);
	else if (!(run->file = strdup(run->named->file)))
		r = err_nomem(err);
	if (r == 0)
		r = module_load_made(run->file, run->named->file, &run->module, err);
	if (r == 0 && (run->workflow = named_choose(run->named, run->module, err)) < 0)
		r = -err->code;
	return r;
}

int new_run_create(struct new_run *run, struct state *state, char **ret_id, struct err *err)
{
	struct run_plan plan = {
		.module = run->module,
		.workflow = run->workflow,
		.file = run->file,
		.named = run->named->file,
		.id = run->id,
		.input = run->input,
		.environment = run->environment,
		.options = run->options,
		.message = run->message,
		.created = run->created,
		.seed = run->seed,
	};

	return run->replace ? replace_run(&plan, state, ret_id, err)
			    : run_plan_make(&plan, state, ret_id, err);
}

void new_run_release(struct new_run *run)
{
	module_free(run->module);
	free(run->file);
	run->module = NULL;
	run->file = NULL;
}
