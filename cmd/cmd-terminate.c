/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/store/state.h"
#include "batch.h"
#include "cli.h"
#include "command.h"
#include "end_run.h"
#include "exit.h"
#include "output.h"
#include "report.h"
#include "targets.h"

#include <stddef.h>

struct terminate_values {
	const char *reason;
	struct batch batch;
};

struct session {
	struct cli *cli;
	struct state state;
	struct end_run end;
	const struct terminate_values *values;
};

static int terminate_one(struct session *s, const char *id)
{
	const char *reason = s->values->reason ? s->values->reason : "by hand";
	struct err err = ERR_INIT;
	int rc = end_run(&s->end, id, reason, &err), status = 0;

	if (rc < 0)
		status = complain(&err);
	else if (s->cli->general.json)
		status = report_json(s->cli, &s->state, id);
	else if (!s->cli->general.quiet &&
		 !batch_many(&s->values->batch, s->cli->args, s->cli->nargs))
		say(rc ? "run '%s' is terminated" : "run '%s' will be terminated by its driver",
		    id);
	return status;
}

static int terminate(struct cli *cli, const void *values)
{
	struct session s = {.cli = cli, .values = values};
	struct targets targets;
	int status;

	status = batch_open(cli, &targets, &s.state, &s.values->batch, cli->args, cli->nargs,
			    BATCH_OPEN);
	if (status)
		return status;
	s.end.state = &s.state;
	if (s.values->batch.dry_run) {
		status = batch_print(cli, &targets);
		state_release(&s.state);
	} else {
		size_t done = 0;

		for (size_t i = 0; i < targets.n; i++) {
			int one = terminate_one(&s, targets.ids[i]);

			done += one == EXIT_COMPLETED;
			status = exit_worse(status, one);
		}
		if (batch_many(&s.values->batch, cli->args, cli->nargs))
			batch_summary(cli, done, targets.n, "terminated");
		end_run_release(&s.end);
		state_release(&s.state);
	}
	targets_release(&targets);
	return status;
}

static const struct option_def options[] = {
	{.name = "reason",
	 .argument = "TEXT",
	 .kind = OPTION_TEXT,
	 .offset = offsetof(struct terminate_values, reason),
	 .help = "why; it is kept as the message of the run's error"},
	BATCH_OPTIONS(struct terminate_values, batch),
	{.name = NULL},
};

const struct cmd cmd_terminate = {
	.name = "terminate",
	.summary = "end runs at once, without asking them",
	.arguments = "[ID ...]",
	.details =
		"Running steps are stopped, no compensation runs, and the workflow is not told. A run that "
		"nobody drives is ended by this command itself, even if its module cannot be loaded. An ID of "
		"- stands for the ids on standard input, one a line.",
	.options = options,
	.values_size = sizeof(struct terminate_values),
	.most = MANY,
	.uses = USE_LOOK | USE_QUIET,
	.first = WORDS_OPEN_RUN,
	.others = WORDS_OPEN_RUN,
	.run = terminate,
};
