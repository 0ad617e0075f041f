/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/driver.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "batch.h"
#include "cli.h"
#include "clock.h"
#include "command.h"
#include "exit.h"
#include "message.h"
#include "output.h"
#include "report.h"
#include "targets.h"
#include "watch.h"

#include <stdlib.h>

#define DRIVER_MS 10000 /* for a living driver to end the run */
#define LOOK_AGAIN_MS 100

struct terminate_values {
	const char *reason;
	struct batch batch;
};

struct session {
	struct cli *cli;
	struct state state;
	struct driver *driver; /* NULL: not needed so far */
	const struct terminate_values *values;
};

static int start_driver(struct session *s, struct err *err)
{
	struct driver_options options = {.jobs = 1};

	return s->driver ? 0 : driver_new(&s->driver, &s->state, &options, err);
}

/* One look: 1, it has ended; 0, somebody drives it. */
static int end_it(struct session *s, const char *id, const char *message, json_t *error,
		  struct err *err)
{
	struct run run;
	bool closed;
	int rc = run_open(&run, &s->state, id, err);

	if (rc < 0)
		return rc;
	closed = run.closed;
	run_release(&run);
	if (closed)
		return 1;
	rc = start_driver(s, err);
	if (rc == 0)
		rc = driver_terminate(s->driver, id, message, error, err);
	if (rc == 0 || rc == -ERR_CLOSED || rc == -ERR_BUSY)
		err_clear(err);
	return rc == -ERR_BUSY ? 0 : rc == 0 || rc == -ERR_CLOSED ? 1 : rc;
}

/* Whoever drives it ends it, having got the message; whoever let go of it meanwhile leaves it to
 * us. */
static int see_it_end(struct session *s, const char *id, const char *message, json_t *error,
		      struct err *err)
{
	int64_t deadline = clock_us() + DRIVER_MS * 1000;
	char *folder = state_path(&s->state, "open", id);
	struct watch watch;
	int rc;

	watch_open(&watch);
	if (folder)
		watch_add(&watch, folder);
	while ((rc = end_it(s, id, message, error, err)) == 0 && clock_us() < deadline)
		watch_wait(&watch, LOOK_AGAIN_MS);
	watch_close(&watch);
	free(folder);
	return rc;
}

static int terminate_one(struct session *s, const char *id)
{
	const char *reason = s->values->reason ? s->values->reason : "by hand";
	json_t *error = json_pack("{s:s, s:s}", "type", "terminated", "message", reason);
	json_t *message = error ? json_pack("{s:s, s:O}", "kind", "terminate", "error", error)
				: NULL;
	struct err err = ERR_INIT;
	char *name = NULL;
	bool driven;
	int rc = message_send(&s->state, id, message, &name, &driven, &err), status = 0;

	if (rc == 0)
		rc = see_it_end(s, id, name, error, &err);
	if (rc < 0)
		status = complain(&err);
	else if (s->cli->general.json)
		status = report_json(s->cli, &s->state, id);
	else if (!s->cli->general.quiet &&
		 !batch_many(&s->values->batch, s->cli->args, s->cli->nargs))
		say(rc ? "run '%s' is terminated" : "run '%s' will be terminated by its driver",
		    id);
	json_decref(error);
	free(name);
	return status;
}

static int terminate(struct cli *cli, const void *values)
{
	struct session s = {.cli = cli, .values = values};
	struct targets targets;
	struct err err = ERR_INIT;
	int status;

	status = batch_open(cli, &targets, &s.state, &s.values->batch, cli->args, cli->nargs,
			    BATCH_OPEN);
	if (status)
		return status;
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
		if (s.driver && driver_free(s.driver, &err) < 0)
			warn("%s; 'wf fsck --repair' mends it", err.text);
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
