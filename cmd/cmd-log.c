/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "log_print.h"
#include "logs.h"
#include "output.h"
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>

struct log_values {
	bool follow;
};

/* Everything there is now; below logs/ the folders that may grow are watched from before they are
 * read. */
static int print_once(struct log_printer *printer, const char *run_path, const char *step,
		      struct watch *watch, struct err *err)
{
	struct log_files files = {NULL, 0};
	int r;

	if (watch)
		logs_watch(watch, run_path);
	r = logs_list(&files, run_path, step, err);
	for (size_t i = 0; r == 0 && i < files.n && !out_broken(); i++)
		r = log_print(printer, &files.v[i], !watch, err);
	logs_release(&files);
	out_flush();
	return r;
}

/* A run that is closed has its files elsewhere, and all of them: one last look. */
static int print_all(struct cli *cli, struct state *state, bool follow, struct err *err)
{
	const char *id = cli->args[0], *step = cli->nargs > 1 ? cli->args[1] : NULL;
	struct log_printer *printer = log_printer_new(cli->general.json);
	struct watch watch;
	bool closed = false;
	int r = printer ? 0 : err_nomem(err);

	watch_open(&watch);
	while (r == 0 && !closed && !out_broken()) {
		struct run run;

		r = run_open(&run, state, id, err);
		if (r < 0)
			break;
		closed = run.closed;
		r = print_once(printer, run.path, step, follow && !closed ? &watch : NULL, err);
		run_release(&run);
		if (!follow)
			break;
		if (r == 0 && !closed && !out_broken())
			watch_wait(&watch, -1);
	}
	if (r == 0 && step && !log_printer_any(printer))
		r = err_set(err, ERR_NOT_FOUND,
			    "run '%s' has no log of a step '%s'; 'wf show %s' names its steps", id,
			    step, id);
	watch_close(&watch);
	log_printer_free(printer);
	return r;
}

static int log_command(struct cli *cli, const void *arg)
{
	const struct log_values *values = arg;
	struct state state;
	struct err err = ERR_INIT;
	int status = cli_need_state(cli, &state);

	if (status)
		return status;
	if (print_all(cli, &state, values->follow, &err) < 0)
		status = complain(&err);
	state_release(&state);
	return status;
}

static const struct option_def options[] = {
	{.name = "follow",
	 .letter = 'f',
	 .kind = OPTION_FLAG,
	 .offset = offsetof(struct log_values, follow),
	 .help = "go on printing what is written until the run has ended"},
	{.name = NULL},
};

const struct cmd cmd_log = {
	.name = "log",
	.summary = "print what the steps of a run wrote",
	.arguments = "ID [STEP]",
	.details =
		"STEP is the name of a step or the number of its command. Without it: all of them, and the lines of "
		"wf_log(3).",
	.options = options,
	.values_size = sizeof(struct log_values),
	.least = 1,
	.most = 2,
	.uses = USE_LOOK,
	.first = WORDS_RUN,
	.others = WORDS_STEP,
	.run = log_command,
};
