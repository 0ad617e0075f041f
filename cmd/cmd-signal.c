/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/secrets_guard.h"
#include "../lib/store/inbox.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "batch.h"
#include "cli.h"
#include "command.h"
#include "drive.h"
#include "end_run.h"
#include "environment.h"
#include "exit.h"
#include "id_policy.h"
#include "input.h"
#include "named.h"
#include "new_run.h"
#include "output.h"
#include "payload.h"
#include "signal_many.h"

#include <stdlib.h>
#include <string.h>

struct signal_values {
	const char *start, *input;
	struct id_policy policy;
	struct batch batch;
	bool resume, no_run, no_wait;
};

/* One invocation: what it has taken so far, and must give back. */
struct sending {
	struct cli *cli;
	const struct signal_values *values;
	struct state state;
	bool opened;
	struct named named;
	json_t *message, *input, *environment;
	bool end_first, replace; /* the run that has the id */
};

static int drive_on(struct sending *s)
{
	struct err err = ERR_INIT;
	struct drive drive;

	if (drive_start(&drive, s->cli, &s->state, !s->values->no_wait, false, &err) < 0)
		return complain(&err);
	if (drive_add(&drive, s->cli->args[0], NULL, &err) == 0)
		return drive_finish(&drive);
	drive_abandon(&drive);
	if (err.code != ERR_BUSY)
		return complain(&err);
	if (!s->cli->general.quiet)
		say("%s; it takes the signal", err.text);
	return EXIT_COMPLETED;
}

static int put(struct sending *s, struct run *run)
{
	const char *start = s->values->start;
	struct err err = ERR_INIT;
	char *name = NULL;

	if (start && !named_is(&s->named, run->info.workflow, run->info.module_name))
		return complain_usage("run '%s' exists already, of the workflow '%s'", run->id,
				      run->info.workflow);
	if (guarded_put(run, s->message, &name, &err) < 0)
		return complain(&err);
	if (s->cli->general.json && !s->values->resume) {
		json_t *told = json_pack("{s:s, s:O, s:s}", "id", run->id, "signal",
					 json_object_get(s->message, "name"), "message", name);
		out_json(told);
		json_decref(told);
	}
	free(name);
	return s->values->resume ? drive_on(s) : EXIT_COMPLETED;
}

/* With the signal in its inbox before its first event. -ERR_EXISTS: somebody was faster. */
static int make(struct sending *s, struct err *err)
{
	struct new_run new_run = {.named = &s->named,
				  .id = s->cli->args[0],
				  .input = s->input,
				  .environment = s->environment,
				  .message = s->message,
				  .replace = s->replace};
	char *id = NULL;
	int rc = named_locate(&s->named, err);

	if (rc == 0 && !s->opened && !named_needs_compiler(&s->named))
		rc = new_run_load(&new_run, NULL, err);
	if (rc == 0 && !s->opened) {
		rc = cli_open_state(s->cli, &s->state, true, err);
		s->opened = rc == 0;
	}
	if (rc == 0 && !new_run.module)
		rc = new_run_load(&new_run, &s->state, err);
	if (rc == 0 && s->end_first)
		rc = end_run_surely(&s->state, new_run.id, ID_POLICY_REASON, err);
	if (rc == 0)
		rc = new_run_create(&new_run, &s->state, &id, err);
	new_run_release(&new_run);
	free(id);
	return rc;
}

/* Whether the signal goes to this run, or to a new one in its place. */
static int judge(struct sending *s, const struct run *run, struct err *err)
{
	enum id_verdict verdict;

	if (id_policy_judge(&s->values->policy, ID_REJECT, run, &verdict, err) < 0)
		return -err->code;
	s->end_first = verdict == ID_END;
	s->replace = verdict != ID_USE;
	return 0;
}

/* -1: there is none that takes it. */
static int find_and_put(struct sending *s, struct err *err)
{
	struct run run;
	int status;

	if (run_open(&run, &s->state, s->cli->args[0], err) < 0)
		return -1;
	if (s->values->start && judge(s, &run, err) < 0)
		status = complain(err);
	else
		status = s->replace ? -1 : put(s, &run);
	run_release(&run);
	return status;
}

static int start_or_put(struct sending *s)
{
	struct err err = ERR_INIT;
	int status = s->opened ? find_and_put(s, &err) : -1;

	if (status >= 0)
		return status;
	if (s->opened && !s->replace && err.code != ERR_NOT_FOUND)
		return complain(&err);
	err_clear(&err);
	if (make(s, &err) == 0)
		return s->values->no_run ? EXIT_COMPLETED : drive_on(s);
	if (err.code == ERR_EXISTS) {
		err_clear(&err);
		status = find_and_put(s, &err);
	}
	return status >= 0 ? status : complain(&err);
}

static int check(struct sending *s, struct err *err)
{
	static const struct words none = {NULL, 0};
	const struct signal_values *v = s->values;
	char **args = s->cli->args;
	json_t *payload = NULL;

	if (!v->start && (v->input || v->no_run || v->policy.on_conflict || v->policy.reuse))
		return err_set(err, ERR_USAGE, "%s is for a run that --start makes",
			       v->input                ? "--input"
			       : v->no_run             ? "--no-run"
			       : v->policy.on_conflict ? "--on-conflict"
						       : "--reuse");
	if (id_policy_check(&v->policy, ID_REJECT, err) < 0)
		return -err->code;
	if (v->no_run && v->resume)
		return err_set(err, ERR_USAGE, "--no-run and --resume cannot be given together");
	if (run_check_id(args[0], err) < 0)
		return -err->code;
	if (payload_check_name("signal", args[1], err) < 0 ||
	    payload_make(args + 2, s->cli->nargs - 2, &payload, err) < 0)
		return -err->code;
	s->message = json_pack("{s:s, s:s, s:o}", "kind", "signal", "name", args[1], "payload",
			       payload);
	if (!s->message)
		return err_nomem(err);
	if (v->start && (named_parse(&s->named, v->start, err) < 0 ||
			 input_make(v->input, NULL, 0, &s->input, err) < 0 ||
			 environment_make(&none, &s->environment, err) < 0))
		return -err->code;
	return 0;
}

static int deliver(struct sending *s)
{
	struct err err = ERR_INIT;
	int status;

	if (check(s, &err) < 0)
		return complain(&err);
	s->opened = cli_open_state(s->cli, &s->state, false, &err) == 0;
	if (!s->opened && (!s->values->start || err.code != ERR_NOT_FOUND))
		return complain(&err);
	err_clear(&err);
	if (s->values->start)
		return start_or_put(s);
	status = find_and_put(s, &err);
	return status >= 0 ? status : complain(&err);
}

static int send_signal(struct cli *cli, const void *values)
{
	struct sending s = {.cli = cli, .values = values};
	const struct batch *batch = &s.values->batch;
	struct signal_many many = {batch, s.values->resume, !s.values->no_wait};
	bool is_many = batch_many(batch, cli->args, cli->nargs ? 1 : 0);
	int status;

	if (is_many && s.values->start)
		return complain_usage("--start takes one ID");
	if (batch->dry_run && !is_many)
		return complain_usage("--dry-run needs - or --where");
	if (cli->nargs < (batch->where ? 1 : 2))
		return complain_usage("some argument is missing: ID and NAME, or NAME and --where");
	if (is_many)
		return signal_many(cli, &many);
	status = deliver(&s);

	if (s.opened)
		state_release(&s.state);
	json_decref(s.message);
	json_decref(s.input);
	json_decref(s.environment);
	named_release(&s.named);
	return status;
}

#define AT(field) offsetof(struct signal_values, field)

static const struct option_def options[] = {
	{.name = "start",
	 .argument = "WORKFLOW",
	 .kind = OPTION_TEXT,
	 .offset = AT(start),
	 .complete = WORDS_WORKFLOW,
	 .help = "if there is no such run, make it, with the signal before anything else, and drive it"},
	{.name = "input",
	 .argument = "JSON|@FILE|-",
	 .kind = OPTION_TEXT,
	 .offset = AT(input),
	 .complete = WORDS_FILE,
	 .help = "the input of a run that --start makes; else {}"},
	ID_POLICY_OPTIONS(struct signal_values, policy,
			  "with --start and an open run: use-existing (the default) signals it, "
			  "fail does nothing, terminate-existing ends it and begins anew",
			  "with --start and an ended run: reject (the default) does nothing, allow "
			  "begins anew, allow-failed only if it did not complete"),
	{.name = "no-run",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_run),
	 .help = "a run that --start makes is left for 'wf resume'"},
	{.name = "resume",
	 .kind = OPTION_FLAG,
	 .offset = AT(resume),
	 .help = "then drive the run on in the foreground, unless somebody does"},
	{.name = "no-wait",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_wait),
	 .help = "where it is driven: leave with exit 3 as soon as it only waits"},
	BATCH_OPTIONS(struct signal_values, batch),
	{.name = NULL},
};

const struct cmd cmd_signal = {
	.name = "signal",
	.summary = "send a signal to a run",
	.arguments = "[ID] NAME [JSON|@FILE|-] [KEY=VALUE ...]",
	.details =
		"The signal is durable when this returns, also when nobody drives the run. Without a "
		"payload it carries null. An ID of - stands for the ids on standard input, one a line.",
	.options = options,
	.values_size = sizeof(struct signal_values),
	.least = 1,
	.most = MANY,
	.uses = USE_DRIVE,
	.first = WORDS_OPEN_RUN,
	.run = send_signal,
};
