/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/module.h"
#include "../lib/engine/status.h"
#include "../lib/store/state.h"
#include "../lib/store/sweep.h"
#include "batch.h"
#include "cli.h"
#include "command.h"
#include "drive.h"
#include "exit.h"
#include "named.h"
#include "output.h"
#include "report.h"

#include <stdlib.h>
#include <string.h>

struct resume_values {
	const char *with;
	bool no_wait;
	struct batch batch;
};

struct sweep {
	struct state *state;
	char **ids; /* owned */
	size_t n;
	struct err err;
};

/* Interrupted; suspended and what it waits for has come; or ended by a driver that died before it
 * could move the run to closed/. A run that cannot be read is told and passed over. */
static int consider(void *arg, const char *id, bool closed)
{
	struct sweep *sweep = arg;
	struct run_summary summary;
	struct err err = ERR_INIT;

	if (run_summarize(&summary, sweep->state, id, closed, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			warn("run '%s' is left out: %s", id, err.text);
		return 0;
	}
	bool wanted = summary.status == STATUS_INTERRUPTED ||
		      (summary.status == STATUS_SUSPENDED && summary.due) ||
		      (summary.status >= STATUS_COMPLETED && !summary.driver);
	run_summary_release(&summary);
	if (!wanted)
		return 0;
	char **ids = realloc(sweep->ids, (sweep->n + 1) * sizeof *ids);
	if (!ids)
		return err_nomem(&sweep->err);
	sweep->ids = ids;
	ids[sweep->n] = strdup(id);
	return ids[sweep->n] ? (sweep->n++, 0) : err_nomem(&sweep->err);
}

/* A run that is over already, or driven by somebody else since. */
static int add_failed(struct cli *cli, struct state *state, const char *id, bool swept,
		      const struct err *err)
{
	struct err again = ERR_INIT;
	struct run_summary summary;

	if (swept &&
	    (err->code == ERR_BUSY || err->code == ERR_CLOSED || err->code == ERR_NOT_FOUND))
		return EXIT_COMPLETED;
	if (err->code != ERR_CLOSED || report_load(state, id, &summary, &again) < 0)
		return complain(err);
	int status = report_summary(cli, &summary);
	run_summary_release(&summary);
	return status;
}

static int drive_all(struct cli *cli, struct state *state, char **ids, size_t n, const char *with,
		     bool wait, bool swept)
{
	struct drive drive;
	struct err err = ERR_INIT;
	int status = EXIT_COMPLETED;

	if (drive_start(&drive, cli, state, wait, swept || n > 1, &err) < 0)
		return complain(&err);
	for (size_t i = 0; i < n; i++) {
		struct err failed = ERR_INIT;

		if (drive_add(&drive, ids[i], with, &failed) < 0)
			status = exit_worse(status, add_failed(cli, state, ids[i], swept, &failed));
	}
	return exit_worse(status, drive_finish(&drive));
}

static int resume_swept(struct cli *cli, struct state *state, bool wait)
{
	struct sweep sweep = {.state = state, .err = ERR_INIT};
	struct err ignored = ERR_INIT;
	int status = EXIT_COMPLETED;

	sweep_state(state, &ignored); /* means nothing; what stays, fsck tells */
	if (state_each_run(state, true, false, consider, &sweep, &sweep.err) < 0)
		status = complain(&sweep.err);
	else if (sweep.n)
		status = drive_all(cli, state, sweep.ids, sweep.n, NULL, wait, true);
	else if (!cli->general.quiet)
		say("nothing to resume");
	for (size_t i = 0; i < sweep.n; i++)
		free(sweep.ids[i]);
	free(sweep.ids);
	return status;
}

static int resume_named(struct cli *cli, struct state *state, const struct resume_values *values)
{
	struct err err = ERR_INIT;
	struct targets targets = {NULL, 0};
	char *module = NULL;
	int status;

	if (values->with && named_module(state, values->with, &module, &err) < 0)
		return complain(&err);
	status = batch_targets(&targets, state, &values->batch, cli->args, cli->nargs, BATCH_OPEN,
			       &err);
	if (status < 0)
		status = complain(&err);
	else if (values->batch.dry_run)
		status = batch_print(cli, &targets);
	else if (targets.n)
		status = drive_all(cli, state, targets.ids, targets.n, module, !values->no_wait,
				   false);
	else if (!cli->general.quiet)
		say("nothing to resume");
	targets_release(&targets);
	free(module);
	return status;
}

static int resume(struct cli *cli, const void *arg)
{
	const struct resume_values *values = arg;
	struct state state;
	int status;

	if (values->batch.dry_run && !cli->nargs && !values->batch.where)
		return complain_usage("--dry-run needs ids, - or --where");
	if (values->with && !cli->nargs && !values->batch.where)
		return complain_usage(
			"--with needs the ids of the runs that go on with the new code");
	if ((status = cli_need_state(cli, &state)))
		return status;
	status = cli->nargs || values->batch.where ? resume_named(cli, &state, values)
						   : resume_swept(cli, &state, !values->no_wait);
	state_release(&state);
	return status;
}

#define AT(field) offsetof(struct resume_values, field)

static const struct option_def options[] = {
	{.name = "with",
	 .argument = "MODULE",
	 .kind = OPTION_TEXT,
	 .offset = AT(with),
	 .complete = WORDS_FILE,
	 .help = "go on with this code, if the whole history replays with it"},
	{.name = "no-wait",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_wait),
	 .help = "leave with exit 3 as soon as the runs only wait for timers or signals"},
	BATCH_OPTIONS(struct resume_values, batch),
	{.name = NULL},
};

const struct cmd cmd_resume = {
	.name = "resume",
	.summary = "drive interrupted runs on, and those whose time has come",
	.arguments = "[ID ...]",
	.details =
		"Without an ID: every interrupted run, and every suspended one whose timer or signal has come.",
	.options = options,
	.values_size = sizeof(struct resume_values),
	.most = MANY,
	.uses = USE_DRIVE,
	.first = WORDS_OPEN_RUN,
	.others = WORDS_OPEN_RUN,
	.run = resume,
};
