/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/fsck.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"

#include <stdint.h>
#include <string.h>

struct fsck_values {
	bool repair;
};

struct tally {
	struct cli *cli;
	unsigned notes, repaired;
};

static void on_finding(void *arg, const char *run, const char *severity, const char *text)
{
	struct tally *tally = arg;

	tally->notes += strcmp(severity, "note") == 0;
	tally->repaired += strcmp(severity, "repaired") == 0;
	if (tally->cli->general.json) {
		json_t *line = json_pack("{s:s, s:s, s:s}", "run", run, "severity", severity,
					 "text", text);

		out_json(line);
		json_decref(line);
	} else if (!tally->cli->general.quiet || strcmp(severity, "damage") == 0) {
		out_format("%s: %s%s%s\n", severity, run, *run ? ": " : "", text);
	}
}

static int tell(const struct tally *tally, int left, bool repair)
{
	if (tally->cli->general.quiet || tally->cli->general.json)
		return left ? EXIT_STATE : EXIT_COMPLETED;
	if (left)
		say(repair ? "%d damaged, which could not be repaired"
			   : "%d damaged; 'wf fsck --repair' mends what it can",
		    left);
	else if (tally->repaired)
		say("%u repaired, nothing is damaged", tally->repaired);
	else if (tally->notes)
		say("nothing is damaged%s",
		    repair ? "" : "; 'wf fsck --repair' clears away what deaths left");
	else
		say("nothing is damaged");
	return left ? EXIT_STATE : EXIT_COMPLETED;
}

static int fsck(struct cli *cli, const void *arg)
{
	const struct fsck_values *values = arg;
	struct tally tally = {.cli = cli};
	struct err err = ERR_INIT;
	struct state state;
	int status = cli_need_state(cli, &state);

	if (status)
		return status;
	int left = fsck_run(&state, (const char *const *)(uintptr_t)cli->args, cli->nargs,
			    values->repair, on_finding, &tally, &err);
	out_flush();
	status = left < 0 ? complain(&err) : tell(&tally, left, values->repair);
	state_release(&state);
	return status;
}

static const struct option_def options[] = {
	{.name = "repair",
	 .kind = OPTION_FLAG,
	 .offset = offsetof(struct fsck_values, repair),
	 .help = "mend files from the branch, the branch from files, and clear away what deaths left"},
	{.name = NULL},
};

const struct cmd cmd_fsck = {
	.name = "fsck",
	.summary = "check the state directory, and repair it",
	.arguments = "[ID ...]",
	.details = "Without an ID: all runs, and what they share. Exit 7 when damage is left.",
	.options = options,
	.values_size = sizeof(struct fsck_values),
	.most = MANY,
	.uses = USE_STATE | USE_JSON | USE_QUIET,
	.first = WORDS_RUN,
	.others = WORDS_RUN,
	.run = fsck,
};
