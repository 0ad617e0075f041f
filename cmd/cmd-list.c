/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "rows.h"

struct list_values {
	unsigned limit;
	bool open, closed;
};

static int list(struct cli *cli, const void *arg)
{
	const struct list_values *values = arg;
	bool both = values->open == values->closed;
	struct state state;
	struct rows rows = {0};
	struct err err = ERR_INIT;
	int status = EXIT_COMPLETED;

	if (cli_open_state(cli, &state, false, &err) < 0) {
		if (err.code != ERR_NOT_FOUND)
			return complain(&err);
		say("no runs yet; 'wf run WORKFLOW' starts one (%s)", err.text);
		return EXIT_COMPLETED;
	}
	if (rows_load(&rows, &state, both || values->open, both || values->closed, &err) < 0)
		status = complain(&err);
	rows_print(cli, &rows, values->limit);
	if (!status && rows.unreadable)
		status = EXIT_STATE;
	if (!status && !rows.n && !cli->general.json)
		say("no runs here");
	rows_release(&rows);
	state_release(&state);
	return status;
}

#define AT(field) offsetof(struct list_values, field)

static const struct option_def options[] = {
	{.name = "open",
	 .kind = OPTION_FLAG,
	 .offset = AT(open),
	 .help = "only runs that have not ended"},
	{.name = "closed",
	 .kind = OPTION_FLAG,
	 .offset = AT(closed),
	 .help = "only runs that have ended"},
	{.name = "limit",
	 .letter = 'n',
	 .argument = "N",
	 .kind = OPTION_COUNT,
	 .offset = AT(limit),
	 .help = "only the newest N"},
	{.name = NULL},
};

const struct cmd cmd_list = {
	.name = "list",
	.summary = "list runs, open and closed, newest first",
	.arguments = "",
	.options = options,
	.values_size = sizeof(struct list_values),
	.uses = USE_LOOK,
	.run = list,
};
