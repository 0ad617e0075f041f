/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/status.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "clock.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "report.h"
#include "watch.h"

#include <stdlib.h>

#define LOOK_AGAIN_MS 5000 /* the death of a driver changes no file */

struct wait_values {
	int64_t timeout;
};

/* What keeps a run from ending although somebody waits for it; told once. */
static void tell_once(const struct cli *cli, const struct run_summary *s, enum run_status *told)
{
	if (cli->general.quiet || *told == s->status)
		return;
	*told = s->status;
	if (s->status == STATUS_INTERRUPTED)
		say("run '%s' is interrupted: nobody drives it; 'wf resume %s' does", s->id, s->id);
	else if (s->status == STATUS_SUSPENDED)
		say("run '%s' is suspended: nobody drives it until 'wf resume'", s->id);
}

static int64_t time_left(int64_t deadline)
{
	int64_t left = deadline ? (deadline - clock_us() + 999) / 1000 : LOOK_AGAIN_MS;

	return left < 0 ? 0 : left < LOOK_AGAIN_MS ? left : LOOK_AGAIN_MS;
}

/* The run's folder is watched before its state is read, so that no end is missed. */
static int wait_for(struct cli *cli, struct state *state, const char *id, int64_t deadline,
		    struct watch *watch)
{
	enum run_status told = STATUS_RUNNING;

	for (;;) {
		struct run_summary summary;
		struct err err = ERR_INIT;
		char *folder = state_path(state, "open", id);

		if (folder)
			watch_add(watch, folder);
		free(folder);
		if (report_load(state, id, &summary, &err) < 0)
			return complain(&err);
		bool over = summary.status >= STATUS_HALTED || (deadline && clock_us() >= deadline);
		int status = 0;
		if (over)
			status = report_summary(cli, &summary);
		else
			tell_once(cli, &summary, &told);
		run_summary_release(&summary);
		if (over)
			return status;
		out_flush();
		watch_wait(watch, time_left(deadline));
	}
}

static int wait_command(struct cli *cli, const void *arg)
{
	const struct wait_values *values = arg;
	struct state state;
	struct watch watch;
	int64_t deadline = values->timeout ? clock_us() + values->timeout * 1000 : 0;
	int status = cli_need_state(cli, &state);

	if (status)
		return status;
	watch_open(&watch);
	status = wait_for(cli, &state, cli->args[0], deadline, &watch);
	watch_close(&watch);
	state_release(&state);
	return status;
}

static const struct option_def options[] = {
	{.name = "timeout",
	 .argument = "DURATION",
	 .kind = OPTION_DURATION,
	 .offset = offsetof(struct wait_values, timeout),
	 .help = "wait no longer than this, such as 30s or 1h30m; then the exit says how the run stands"},
	{.name = NULL},
};

const struct cmd cmd_wait = {
	.name = "wait",
	.summary = "wait until a run has ended, and print its result",
	.arguments = "ID",
	.details =
		"Exits as 'wf run' would have. It drives nothing: a run that nobody drives does not end.",
	.options = options,
	.values_size = sizeof(struct wait_values),
	.least = 1,
	.most = 1,
	.uses = USE_LOOK | USE_QUIET,
	.first = WORDS_OPEN_RUN,
	.run = wait_command,
};
