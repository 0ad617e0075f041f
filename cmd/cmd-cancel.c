/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/store/state.h"
#include "batch.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "message.h"
#include "output.h"
#include "targets.h"

#include <stdlib.h>

struct cancel_values {
	const char *reason;
	bool resume;
	struct batch batch;
};

static int cancel_one(struct cli *cli, struct state *state, const struct cancel_values *values,
		      const char *id)
{
	json_t *message = json_pack("{s:s, s:s*}", "kind", "cancel", "reason", values->reason);
	struct err err = ERR_INIT;
	bool driven;

	if (message_send(state, id, message, NULL, &driven, &err) < 0)
		return complain(&err);
	if (cli->general.quiet || values->resume ||
	    batch_many(&values->batch, cli->args, cli->nargs))
		return EXIT_COMPLETED;
	if (driven)
		say("run '%s' is asked to stop; 'wf wait %s' waits for its end", id, id);
	else
		say("run '%s' is not driven now: 'wf resume %s' carries the cancellation out", id,
		    id);
	return EXIT_COMPLETED;
}

static int cancel(struct cli *cli, const void *arg)
{
	const struct cancel_values *values = arg;
	struct targets targets, sent;
	struct err err = ERR_INIT;
	struct state state;
	int status;

	status = batch_open(cli, &targets, &state, &values->batch, cli->args, cli->nargs,
			    BATCH_OPEN);
	if (status)
		return status;
	if (values->batch.dry_run) {
		status = batch_print(cli, &targets);
		targets_release(&targets);
		state_release(&state);
		return status;
	}
	sent.ids = calloc(targets.n + 1, sizeof *sent.ids);
	sent.n = 0;
	if (!sent.ids) {
		err_nomem(&err);
		status = complain(&err);
	}
	for (size_t i = 0; sent.ids && i < targets.n; i++) {
		int one = cancel_one(cli, &state, values, targets.ids[i]);

		if (one == EXIT_COMPLETED)
			sent.ids[sent.n++] = targets.ids[i];
		status = exit_worse(status, one);
	}
	if (batch_many(&values->batch, cli->args, cli->nargs))
		batch_summary(cli, sent.n, targets.n, "asked to stop");
	if (values->resume && sent.n)
		status = exit_worse(status, message_resume(cli, &state, sent.ids, sent.n, true));
	free(sent.ids);
	targets_release(&targets);
	state_release(&state);
	return status;
}

#define AT(field) offsetof(struct cancel_values, field)

static const struct option_def options[] = {
	{.name = "reason",
	 .argument = "TEXT",
	 .kind = OPTION_TEXT,
	 .offset = AT(reason),
	 .help = "why; the workflow sees it as the message of its failure"},
	{.name = "resume",
	 .kind = OPTION_FLAG,
	 .offset = AT(resume),
	 .help = "drive on what nobody drives, in the foreground, until it has ended"},
	BATCH_OPTIONS(struct cancel_values, batch),
	{.name = NULL},
};

const struct cmd cmd_cancel = {
	.name = "cancel",
	.summary = "ask runs to stop: they may clean up",
	.arguments = "[ID ...]",
	.details =
		"The request is durable when the command returns. The workflow sees it as a wait or step "
		"that ends as cancelled; its compensations run. An ID of - stands for the ids on standard "
		"input, one a line.",
	.options = options,
	.values_size = sizeof(struct cancel_values),
	.most = MANY,
	.uses = USE_DRIVE,
	.first = WORDS_OPEN_RUN,
	.others = WORDS_OPEN_RUN,
	.run = cancel,
};
