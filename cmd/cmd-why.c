/* SPDX-License-Identifier: MIT */
#include "../lib/engine/why.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "report.h"
#include "suggest.h"
#include "why_words.h"

#include <string.h>

struct why_values {
	bool all;
};

/* The run's id, what was asked, and what there is to say, as one object. New. */
static json_t *head(const struct cli *cli)
{
	return json_pack("{s:s, s:s}", "id", cli->args[0], "step", cli->args[1]);
}

static void print_json(const struct cli *cli, json_t *command, const struct why *why)
{
	json_t *object = head(cli);

	json_object_update(object, command);
	if (why->trouble)
		json_object_set_new(object, "trouble", json_string(why->trouble));
	out_json(object);
	json_decref(object);
}

static void print_words(const struct cli *cli, const json_t *command)
{
	struct buf out = BUF_INIT;

	why_words(&out, cli->args[0], command);
	if (buf_ok(&out))
		out_text(out.data, out.len);
	buf_release(&out);
}

static void print(const struct cli *cli, const struct why *why, bool all)
{
	size_t n = json_array_size(why->commands);

	if (why->trouble && !cli->general.json)
		warn("the history of '%s' cannot be replayed, so its lines are all that is told: %s",
		     cli->args[0], why->trouble);
	if (n > 1 && !all && !cli->general.json)
		say("'%s' was asked for %zu times; this is the last, --all tells of each",
		    cli->args[1], n);
	for (size_t i = all ? 0 : n - 1; i < n; i++) {
		json_t *command = json_array_get(why->commands, i);

		if (cli->general.json)
			print_json(cli, command, why);
		else
			print_words(cli, command);
	}
}

/* The code has the step, and nothing made the workflow ask for it: what does it do instead? */
static int never(struct cli *cli, struct state *state, const struct why *why)
{
	struct run_summary summary;
	struct err err = ERR_INIT;
	struct buf out = BUF_INIT;
	json_t *waiting;

	if (report_load(state, cli->args[0], &summary, &err) < 0)
		return complain(&err);
	waiting = why->waiting ? why->waiting : summary.waiting;
	if (cli->general.json) {
		json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:O, s:O*}", "id", cli->args[0],
					   "step", cli->args[1], "state", "never", "status",
					   run_status_name(summary.status), "waiting", waiting,
					   "end", why->end);
		out_json(object);
		json_decref(object);
	} else {
		why_never_words(&out, cli->args[1], &summary, waiting, why->end);
		if (buf_ok(&out))
			out_text(out.data, out.len);
	}
	buf_release(&out);
	run_summary_release(&summary);
	return EXIT_COMPLETED;
}

static int unknown(const struct cli *cli, const struct why *why)
{
	struct suggest near = SUGGEST_INIT;
	const char *step = cli->args[1], *name;
	json_t *value;

	json_object_foreach (why->names, name, value)
		suggest_offer(&near, step, strlen(step), name);
	if (near.best)
		return complain_usage("run '%s' has no step '%s'; did you mean '%s'?", cli->args[0],
				      step, near.best);
	return complain_usage("run '%s' has no step '%s'; 'wf show %s' names those that ran",
			      cli->args[0], step, cli->args[0]);
}

static int why(struct cli *cli, const void *arg)
{
	const struct why_values *values = arg;
	struct why answer;
	struct state state;
	struct err err = ERR_INIT;
	int status = cli_need_state(cli, &state);

	if (status)
		return status;
	if (why_step(&answer, &state, cli->args[0], cli->args[1], &err) < 0) {
		status = complain(&err);
	} else {
		if (json_array_size(answer.commands))
			print(cli, &answer, values->all);
		else if (json_object_get(answer.names, cli->args[1]))
			status = never(cli, &state, &answer);
		else
			status = unknown(cli, &answer);
		why_release(&answer);
	}
	state_release(&state);
	return status;
}

static const struct option_def options[] = {
	{.name = "all",
	 .kind = OPTION_FLAG,
	 .offset = offsetof(struct why_values, all),
	 .help = "each time that a step of this name was asked for, not only the last"},
	{.name = NULL},
};

const struct cmd cmd_why = {
	.name = "why",
	.summary = "say why a step ran, waits, was tried again, or did not run",
	.arguments = "ID STEP",
	.details =
		"STEP is the name of a step, or the number of a command. Told from the history, replayed "
		"without disturbing anybody, and from what is noted of attempts.",
	.options = options,
	.values_size = sizeof(struct why_values),
	.least = 2,
	.most = 2,
	.uses = USE_LOOK,
	.first = WORDS_RUN,
	.others = WORDS_STEP,
	.run = why,
};
