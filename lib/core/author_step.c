/* SPDX-License-Identifier: MIT */
/* Steps, side effects: what wf_step, wf_start, wf_exec, wf_shell and wf_compensate stand for. */
#include "author.h"

#include "finish.h"
#include "future.h"

#include <stdlib.h>

/* entry: NULL when it could not be made, and the running strand has met the reason. */
static json_t *run(struct core *core, struct entry *entry)
{
	return entry ? author_ask_and_wait(core, entry) : NULL;
}

static wf_future *start(struct core *core, struct entry *entry)
{
	return entry ? author_start(core, entry) : author_failed(core);
}

/* One that cannot be run later is an error now: it would be found missing only when it is needed.
 */
static void compensate(struct core *core, struct entry *entry)
{
	struct compensation *c = entry ? malloc(sizeof *c) : NULL;

	if (!entry)
		core_abort(core, core->running->failure);
	if (!c) {
		entry_free(entry);
		core_die(core);
	}
	c->entry = entry;
	c->next = core->compensations;
	core->compensations = c;
}

json_t *wf_step_(wf_ctx *wf, const char *name, wf_step_fn *fn, const json_t *in,
		 const wf_step_options *o)
{
	struct core *core = author_asking(wf);

	return core ? run(core, author_step(core, name, fn, in, true, o)) : NULL;
}

wf_future *wf_start_(wf_ctx *wf, const char *name, wf_step_fn *fn, const json_t *in,
		     const wf_step_options *o)
{
	struct core *core = author_asking(wf);

	return core ? start(core, author_step(core, name, fn, in, false, o)) : NULL;
}

void wf_compensate_(wf_ctx *wf, const char *name, wf_step_fn *fn, const json_t *in,
		    const wf_step_options *o)
{
	struct core *core = author_core(wf);

	if (core)
		compensate(core, author_step(core, name, fn, in, false, o));
}

json_t *wf_exec_(wf_ctx *wf, const char *name, const wf_step_options *o)
{
	struct core *core = author_asking(wf);

	return core ? run(core, author_command(core, name, NULL, true, o)) : NULL;
}

wf_future *wf_exec_start_(wf_ctx *wf, const char *name, const wf_step_options *o)
{
	struct core *core = author_asking(wf);

	return core ? start(core, author_command(core, name, NULL, true, o)) : NULL;
}

void wf_compensate_exec_(wf_ctx *wf, const char *name, const wf_step_options *o)
{
	struct core *core = author_core(wf);

	if (core)
		compensate(core, author_command(core, name, NULL, true, o));
}

json_t *wf_shell_(wf_ctx *wf, const char *name, const char *command, const wf_step_options *o)
{
	struct core *core = author_asking(wf);

	return core ? run(core, author_command(core, name, command, false, o)) : NULL;
}

wf_future *wf_shell_start_(wf_ctx *wf, const char *name, const char *command,
			   const wf_step_options *o)
{
	struct core *core = author_asking(wf);

	return core ? start(core, author_command(core, name, command, false, o)) : NULL;
}

void wf_compensate_shell_(wf_ctx *wf, const char *name, const char *command,
			  const wf_step_options *o)
{
	struct core *core = author_core(wf);

	if (core)
		compensate(core, author_command(core, name, command, false, o));
}

void wf_compensations_done(wf_ctx *wf)
{
	struct core *core = author_core(wf);

	if (core)
		compensations_free(core);
}

json_t *wf_side_effect(wf_ctx *wf, wf_coroutine_fn *fn, void *arg)
{
	struct core *core = author_asking(wf);
	struct entry *entry = core ? entry_new(COMMAND_SIDE_EFFECT) : NULL;

	if (!core)
		return NULL;
	if (!entry)
		core_die(core);
	entry->fn = fn;
	entry->arg = arg;
	return author_ask_and_wait(core, entry);
}
