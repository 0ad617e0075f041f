/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/model/filter.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "rows.h"
#include "select.h"

struct list_values {
	const char *where;
	unsigned limit;
	bool open, closed, all;
};

#define LIMIT 100 /* lines for people; programs get all */

static size_t limit_of(const struct cli *cli, const struct list_values *values)
{
	if (values->all)
		return 0;
	return values->limit ? values->limit : cli->general.json ? 0 : LIMIT;
}

static int print(struct cli *cli, struct state *state, const struct list_values *values,
		 const struct filter *filter)
{
	bool both = values->open == values->closed;
	struct selection selection = {.open = both || values->open,
				      .closed = both || values->closed,
				      .filter = filter,
				      .limit = limit_of(cli, values)};
	struct rows rows = {0};
	struct err err = ERR_INIT;
	int status = EXIT_COMPLETED;

	if (select_rows(&rows, state, &selection, &err) < 0)
		status = complain(&err);
	rows_print(cli, &rows, 0);
	if (!status && rows.unreadable)
		status = EXIT_STATE;
	if (!status && !rows.n && !cli->general.json)
		say(filter ? "no runs are so" : "no runs here");
	if (!status && rows.n < rows.total && !values->limit)
		say("the newest %zu of %zu runs; --all shows the rest", rows.n, rows.total);
	rows_release(&rows);
	return status;
}

static int list(struct cli *cli, const void *arg)
{
	const struct list_values *values = arg;
	struct filter *filter;
	struct state state;
	struct err err = ERR_INIT;
	int status;

	if (select_parse(&filter, values->where, &err) < 0)
		return complain(&err);
	if (cli_open_state(cli, &state, false, &err) < 0) {
		filter_free(filter);
		if (err.code != ERR_NOT_FOUND)
			return complain(&err);
		say("no runs yet; 'wf run WORKFLOW' starts one (%s)", err.text);
		return EXIT_COMPLETED;
	}
	status = print(cli, &state, values, filter);
	filter_free(filter);
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
	 .help = "only the newest N; without --json 100 unless said otherwise"},
	{.name = "all", .kind = OPTION_FLAG, .offset = AT(all), .help = "every one"},
	{.name = "where",
	 .argument = "EXPR",
	 .kind = OPTION_TEXT,
	 .offset = AT(where),
	 .help = "only runs that this holds for, as 'status = failed and total > 100'"},
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
