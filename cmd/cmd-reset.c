/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/reset.h"
#include "../lib/store/state.h"
#include "batch.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "message.h"
#include "output.h"

#include <jansson.h>

struct reset_values {
	const char *to, *reason;
	bool reapply, drop, no_wait, no_run;
	struct batch batch;
};

static void tell(const struct cli *cli, const char *id, const struct reset_result *r, bool driven)
{
	if (cli->general.json && !driven) {
		json_t *object = json_pack("{s:s, s:I, s:I, s:I, s:I}", "id", id, "to",
					   (json_int_t)r->to, "left", (json_int_t)r->left, "count",
					   (json_int_t)r->count, "messages",
					   (json_int_t)r->messages);
		if (object)
			out_json(object);
		json_decref(object);
	} else if (!cli->general.quiet) {
		say("run '%s' goes on from event %llu: %llu events left behind, %u messages kept",
		    id, (unsigned long long)r->to, (unsigned long long)r->left, r->messages);
	}
}

static int reset_one(struct cli *cli, struct state *state, const struct reset_values *values,
		     const char *id)
{
	struct reset_options options = {
		.to = values->to, .reason = values->reason, .drop_messages = values->drop};
	struct reset_result result;
	struct err err = ERR_INIT, complaint = ERR_INIT;

	if (reset_run(state, id, &options, &result, &complaint, &err) < 0)
		return complain(&err);
	if (complaint.code)
		warn("%s; 'wf fsck --repair' mends it", complaint.text);
	tell(cli, id, &result, !values->no_run);
	return EXIT_COMPLETED;
}

/* All of them are reset before the first is driven on. */
static int reset_all(struct cli *cli, struct state *state, const struct reset_values *values,
		     struct targets *targets)
{
	size_t done = 0;
	int status = EXIT_COMPLETED;

	for (size_t i = 0; i < targets->n; i++) {
		char *id = targets->ids[i];
		int one = reset_one(cli, state, values, id);

		if (one == EXIT_COMPLETED) {
			targets->ids[i] = targets->ids[done];
			targets->ids[done++] = id;
		}
		status = exit_worse(status, one);
	}
	if (batch_many(&values->batch, cli->args, cli->nargs))
		batch_summary(cli, done, targets->n, "reset");
	if (!values->no_run && done)
		status = exit_worse(
			status, message_resume(cli, state, targets->ids, done, !values->no_wait));
	return status;
}

static int reset(struct cli *cli, const void *arg)
{
	const struct reset_values *values = arg;
	struct targets targets;
	struct state state;
	int status;

	if (!values->to)
		return complain_usage(
			"--to says where the run goes on from: an event, a step, or last-failure");
	if (values->reapply && values->drop)
		return complain_usage("--reapply-signals and --drop-signals exclude each other");
	status = batch_open(cli, &targets, &state, &values->batch, cli->args, cli->nargs,
			    BATCH_OPEN | BATCH_CLOSED);
	if (status)
		return status;
	status = values->batch.dry_run ? batch_print(cli, &targets)
				       : reset_all(cli, &state, values, &targets);
	targets_release(&targets);
	state_release(&state);
	return status;
}

#define AT(field) offsetof(struct reset_values, field)

static const struct option_def options[] = {
	{.name = "to",
	 .argument = "EVENT|STEP|last-failure",
	 .kind = OPTION_TEXT,
	 .offset = AT(to),
	 .help = "the last event that stays; or everything before this step's last outcome"},
	{.name = "reason",
	 .argument = "TEXT",
	 .kind = OPTION_TEXT,
	 .offset = AT(reason),
	 .help = "why; kept in the history and in the commit"},
	{.name = "reapply-signals",
	 .kind = OPTION_FLAG,
	 .offset = AT(reapply),
	 .help = "signals and updates received after that point come again; so by default"},
	{.name = "drop-signals",
	 .kind = OPTION_FLAG,
	 .offset = AT(drop),
	 .help = "they are left behind"},
	{.name = "no-run",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_run),
	 .help = "only reset; the next wf resume drives the run on"},
	{.name = "no-wait",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_wait),
	 .help = "leave with exit 3 as soon as the run only waits for timers or signals"},
	BATCH_OPTIONS(struct reset_values, batch),
	{.name = NULL},
};

const struct cmd cmd_reset = {
	.name = "reset",
	.summary = "go on with a run from an earlier point of it",
	.arguments = "--to EVENT|STEP|last-failure [ID ...]",
	.details =
		"What is left behind stays on the run's branch. Steps behind the point run again, with "
		"other idempotency keys. An ID of - stands for the ids on standard input, one a line.",
	.options = options,
	.values_size = sizeof(struct reset_values),
	.most = MANY,
	.uses = USE_DRIVE,
	.first = WORDS_RUN,
	.others = WORDS_RUN,
	.run = reset,
};
