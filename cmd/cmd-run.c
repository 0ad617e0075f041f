/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/fault.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "crash_child.h"
#include "crash_everywhere.h"
#include "drive.h"
#include "end_run.h"
#include "environment.h"
#include "exit.h"
#include "input.h"
#include "named.h"
#include "new_run.h"
#include "output.h"
#include "report.h"
#include "run_options.h"
#include "secret_options.h"

#include <stdlib.h>
#include <string.h>

/* One invocation: what it has taken so far, and must give back. */
struct session {
	struct cli *cli;
	const struct run_values *values;
	struct named named;
	struct state state;
	struct drive drive;
	json_t *input, *environment, *options;
	bool opened, driving;
	bool end_first, replace; /* the run that has the id */
};

static int start_driver(struct session *s, struct err *err)
{
	if (s->driving)
		return 0;
	int r = drive_start(&s->drive, s->cli, &s->state, !s->values->no_wait, false, err);
	s->driving = r == 0;
	return r;
}

static int finish_driver(struct session *s)
{
	s->driving = false;
	return drive_finish(&s->drive);
}

static int report_closed(struct session *s, const char *id)
{
	struct run_summary summary;
	struct err err = ERR_INIT;

	if (report_load(&s->state, id, &summary, &err) < 0)
		return complain(&err);
	int status = report_summary(s->cli, &summary);
	run_summary_release(&summary);
	return status;
}

/* An id makes it idempotent: the same words go on with the run, or tell its result again. */
static int go_on(struct session *s, const struct run *run)
{
	struct err err = ERR_INIT;

	if (!named_is(&s->named, run->info.workflow, run->info.module_name))
		return complain_usage(
			"run '%s' exists already, of the workflow '%s'; choose another --id",
			run->id, run->info.workflow);
	if (!json_equal(run->info.input, s->input))
		return complain_usage(
			"run '%s' exists already, with another input ('wf status %s --json' and "
			"run.json show it); choose another --id",
			run->id, run->id);
	if (!run_options_same_testing(s->options, run->info.options))
		return complain_usage(
			"run '%s' exists already, with another --virtual-time or --stub; choose "
			"another --id",
			run->id);
	if (s->values->crash_at)
		return complain_usage("run '%s' exists already; --crash-at begins a new one",
				      run->id);
	if (run->closed)
		return report_closed(s, run->id);
	if (start_driver(s, &err) == 0 && drive_add(&s->drive, run->id, NULL, &err) == 0)
		return finish_driver(s);
	if (err.code == ERR_CLOSED)
		return report_closed(s, run->id);
	return complain(&err);
}

/* Whether the id is taken, and no new run may take it; then *ret_status is how that ended. */
static bool run_exists(struct session *s, int *ret_status)
{
	struct err err = ERR_INIT;
	enum id_verdict verdict = ID_USE;
	struct run run;

	if (!s->values->id || !s->opened)
		return false;
	if (run_open(&run, &s->state, s->values->id, &err) < 0) {
		*ret_status = complain_unless(&err, ERR_NOT_FOUND);
		return *ret_status != 0;
	}
	if (id_policy_judge(&s->values->policy, ID_RESULT, &run, &verdict, &err) < 0)
		*ret_status = complain(&err);
	else if (verdict == ID_USE)
		*ret_status = go_on(s, &run);
	s->end_first = verdict == ID_END;
	s->replace = verdict != ID_USE;
	run_release(&run);
	return !s->replace;
}

static int open_state(struct session *s, bool create, struct err *err)
{
	if (s->opened)
		return 0;
	int r = cli_open_state(s->cli, &s->state, create, err);
	s->opened = r == 0;
	return r;
}

/*
 * The committer takes longest to start, so it comes first wherever a state directory is there;
 * where there is none, the module is looked at before one is made.
 */
static int make_run(struct session *s, char **ret_id, struct err *err)
{
	struct new_run new_run = {.named = &s->named,
				  .id = s->values->id,
				  .input = s->input,
				  .environment = s->environment,
				  .options = s->options,
				  .replace = s->replace};
	bool drive = !s->values->crash_at;
	int r = secret_options_set(s->options, err);

	if (r == 0 && s->opened && drive)
		r = start_driver(s, err);

	if (r == 0 && !s->opened && !named_needs_compiler(&s->named))
		r = new_run_load(&new_run, NULL, err);
	if (r == 0)
		r = open_state(s, true, err);
	if (r == 0 && drive)
		r = start_driver(s, err);
	if (r == 0 && !new_run.module)
		r = new_run_load(&new_run, &s->state, err);
	if (r == 0 && s->end_first) /* once nothing else can go wrong */
		r = end_run_surely(&s->state, s->values->id, ID_POLICY_REASON, err);
	if (r == 0)
		r = new_run_create(&new_run, &s->state, ret_id, err);
	new_run_release(&new_run);
	return r;
}

/* The driver dies where it was told to; then this process goes on with the run. */
static int crash_once(struct session *s, const char *id, struct err *err)
{
	struct crash_child child = {
		.cli = s->cli, .state = &s->state, .id = id, .wait = !s->values->no_wait};
	uint64_t at;
	bool after;
	int r = crash_parse(s->values->crash_at, &at, &after, err);

	if (r == 0 && !(child.fault = crash_share(err)))
		r = -err->code;
	if (r < 0)
		return complain(err);
	child.fault->at = at;
	child.fault->after = after;
	r = crash_drive(&child, err);
	if (r >= 0)
		warn("run '%s' ended before its driver was killed: it has %llu events", id,
		     (unsigned long long)child.fault->count);
	crash_unshare(child.fault);
	if (r != CRASH_KILLED)
		return r < 0 ? complain(err) : r;
	say("run '%s': its driver was killed at event %s; going on", id, s->values->crash_at);
	if (start_driver(s, err) < 0 || drive_add(&s->drive, id, NULL, err) < 0)
		return complain(err);
	return finish_driver(s);
}

static int start_new(struct session *s)
{
	struct err err = ERR_INIT;
	char *id = NULL;
	int status;

	if (s->values->crash_at) {
		status = make_run(s, &id, &err) < 0 ? complain(&err) : crash_once(s, id, &err);
		free(id);
		return status;
	}
	if (make_run(s, &id, &err) == 0 && drive_add(&s->drive, id, NULL, &err) == 0)
		status = finish_driver(s);
	else if (err.code != ERR_EXISTS || !s->values->id || !run_exists(s, &status))
		status = complain(&err);
	free(id);
	return status;
}

static int run_crash_everywhere(struct session *s)
{
	struct err err = ERR_INIT;
	struct new_run new_run = {.named = &s->named,
				  .id = s->values->id,
				  .input = s->input,
				  .environment = s->environment,
				  .options = s->options};
	int status = named_locate(&s->named, &err) < 0
			     ? complain(&err)
			     : crash_everywhere(s->cli, &new_run, !s->values->no_wait);

	new_run_release(&new_run);
	return status;
}

static int prepare(struct session *s, struct err *err)
{
	const char *id = s->values->id;

	if (id && run_check_id(id, err) < 0)
		return -err->code;
	if (run_options_make(s->values, &s->options, err) < 0)
		return -err->code;
	if (named_parse(&s->named, s->cli->args[0], err) < 0 ||
	    input_make(s->values->input, s->cli->args + 1, s->cli->nargs - 1, &s->input, err) < 0 ||
	    secret_options(&s->values->secrets, s->input, s->options, err) < 0 ||
	    environment_make(&s->values->env, &s->environment, err) < 0)
		return -err->code;
	if (s->values->crash_everywhere)
		return 0;
	if (open_state(s, false, err) < 0 && err->code == ERR_NOT_FOUND)
		err_clear(err);
	return -err->code;
}

static int run(struct cli *cli, const void *values)
{
	struct session s = {.cli = cli, .values = values};
	struct err err = ERR_INIT;
	int status;

	cli->has_id = s.values->id != NULL;
	if (prepare(&s, &err) < 0)
		status = complain(&err);
	else if (s.values->crash_everywhere)
		status = run_crash_everywhere(&s);
	else if (!run_exists(&s, &status))
		status = named_locate(&s.named, &err) < 0 ? complain(&err) : start_new(&s);
	if (s.driving)
		drive_abandon(&s.drive);
	if (s.opened)
		state_release(&s.state);
	json_decref(s.input);
	json_decref(s.environment);
	json_decref(s.options);
	named_release(&s.named);
	return status;
}

#define AT(field) offsetof(struct run_values, field)

static const struct option_def options[] = {
	{.name = "id",
	 .argument = "ID",
	 .kind = OPTION_TEXT,
	 .offset = AT(id),
	 .complete = WORDS_RUN,
	 .help = "name of the run; one that exists goes on, or its result is printed again"},
	{.name = "input",
	 .argument = "JSON|@FILE|-",
	 .kind = OPTION_TEXT,
	 .offset = AT(input),
	 .complete = WORDS_FILE,
	 .help = "the input: JSON, a file of it, or standard input; else {}"},
	{.name = "env",
	 .argument = "NAME[=VALUE]",
	 .kind = OPTION_WORDS,
	 .offset = AT(env),
	 .help = "keep this variable too for the run's commands; may be given again"},
	{.name = "secret",
	 .argument = "[KEY=]NAME",
	 .kind = OPTION_WORDS,
	 .offset = AT(secrets),
	 .help = "the value of this variable is given to steps and never written down; with KEY a "
		 "member of the input refers to it; may be given again"},
	{.name = "tag",
	 .argument = "NAME=VALUE",
	 .kind = OPTION_WORDS,
	 .offset = AT(tags),
	 .help = "a tag that 'wf list --where' finds the run by; may be given again"},
	{.name = "memo",
	 .argument = "NAME=VALUE",
	 .kind = OPTION_WORDS,
	 .offset = AT(memos),
	 .help = "a note, any JSON, that 'wf status ID' tells; may be given again"},
	ID_POLICY_OPTIONS(struct run_values, policy,
			  "with an open run of that id: use-existing (the default) goes on with "
			  "it, fail does nothing, terminate-existing ends it and begins anew",
			  "with an ended run of that id: result (the default) tells its result "
			  "again, reject does nothing, allow begins anew, allow-failed only if it "
			  "did not complete"),
	{.name = "no-wait",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_wait),
	 .help = "leave with exit 3 as soon as the run only waits for a timer or a signal"},
	{.name = "timeout",
	 .argument = "DURATION",
	 .kind = OPTION_DURATION,
	 .offset = AT(timeout),
	 .help = "the run fails unless it has ended by then, over all its generations"},
	{.name = "run-timeout",
	 .argument = "DURATION",
	 .kind = OPTION_DURATION,
	 .offset = AT(run_timeout),
	 .help = "the same for each generation"},
	{.name = "start-delay",
	 .argument = "DURATION",
	 .kind = OPTION_DURATION,
	 .offset = AT(start_delay),
	 .help = "begin only then"},
	{.name = "virtual-time",
	 .kind = OPTION_FLAG,
	 .offset = AT(virtual_time),
	 .help = "skip every wait: the run's clock goes on by itself (for tests)"},
	{.name = "stub",
	 .argument = "STEP=OUTCOME",
	 .kind = OPTION_WORDS,
	 .offset = AT(stub),
	 .help = "do not run this step: JSON is its result, fail:TYPE:MESSAGE its failure; may be "
		 "given again"},
	{.name = "crash-at",
	 .argument = "N|N+",
	 .kind = OPTION_TEXT,
	 .offset = AT(crash_at),
	 .help = "kill the driver just before (N+: after) its Nth event is on disk, then go on"},
	{.name = "crash-everywhere",
	 .kind = OPTION_FLAG,
	 .offset = AT(crash_everywhere),
	 .help = "crash at each event in turn, in scratch state directories, and compare the results"},
	{.name = NULL},
};

const struct cmd cmd_run = {
	.name = "run",
	.summary = "start a workflow, or go on with a run",
	.arguments = "WORKFLOW [KEY=VALUE ...]",
	.details =
		"WORKFLOW is a name (looked up in $WF_PATH, ./workflows and the installed folder), FILE.so, FILE.c, "
		"or one of these followed by :NAME. KEY=VALUE sets a member of the input; VALUE is JSON if it "
		"parses as JSON, else a string. The result goes to standard output as JSON.",
	.options = options,
	.values_size = sizeof(struct run_values),
	.least = 1,
	.most = MANY,
	.uses = USE_DRIVE,
	.first = WORDS_WORKFLOW,
	.run = run,
};
