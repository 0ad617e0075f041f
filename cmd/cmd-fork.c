/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/module.h"
#include "../lib/engine/reset.h"
#include "../lib/os/os.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "drive.h"
#include "exit.h"
#include "named.h"
#include "output.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 8
#define LONGEST 180 /* of the run's id, so that the new one fits */

struct fork_values {
	const char *at, *id, *module;
	bool no_wait, no_run;
};

/* order-42-fork-x7k2 */
static char *make_id(struct state *state, const char *of, struct err *err)
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
	uint8_t chance[4];
	int r = state->os->ops->random(state->os, chance, sizeof chance);
	char *id = NULL;

	if (r < 0)
		err_sys(err, -r, "cannot get random bytes");
	else if (!(id = str_format("%.*s-fork-%c%c%c%c", LONGEST, of, letters[chance[0] % 32],
				   letters[chance[1] % 32], letters[chance[2] % 32],
				   letters[chance[3] % 32])))
		err_nomem(err);
	return id;
}

static int make(struct cli *cli, struct state *state, const struct fork_values *values,
		char **ret_id, uint64_t *ret_at, struct err *complaint, struct err *err)
{
	struct fork_options options = {.at = values->at ? values->at : "last"};
	char *module = NULL, *id = NULL;
	int r = values->module ? named_module(state, values->module, &module, err) : 0;

	options.module = module;
	for (int i = 0; r == 0 && i < TRIES; i++) {
		id = values->id ? strdup(values->id) : make_id(state, cli->args[0], err);
		if (!id) {
			r = err->code ? -err->code : err_nomem(err);
			break;
		}
		options.id = id;
		r = fork_run(state, cli->args[0], &options, ret_at, complaint, err);
		if (r != -ERR_EXISTS || values->id)
			break;
		free(id);
		id = NULL;
		if (i + 1 < TRIES) {
			err_clear(err);
			r = 0;
		}
	}
	free(module);
	if (r == 0)
		*ret_id = id;
	else
		free(id);
	return r;
}

static void tell(const struct cli *cli, const char *id, uint64_t at, bool driven)
{
	if (!driven && cli->general.json) {
		json_t *object = json_pack("{s:s, s:s, s:I}", "id", id, "of", cli->args[0], "event",
					   (json_int_t)at);
		if (object)
			out_json(object);
		json_decref(object);
	} else if (!driven) {
		out_format("%s\n", id);
	} else if (!cli->general.quiet) {
		say("run '%s' begins at event %llu of '%s'", id, (unsigned long long)at,
		    cli->args[0]);
	}
}

static int fork_off(struct cli *cli, const void *arg)
{
	const struct fork_values *values = arg;
	struct err err = ERR_INIT, complaint = ERR_INIT;
	struct state state;
	char *id = NULL;
	uint64_t at = 0;
	int status;

	if (values->id && run_check_id(values->id, &err) < 0)
		return complain(&err);
	status = cli_need_state(cli, &state);
	if (status)
		return status;
	if (make(cli, &state, values, &id, &at, &complaint, &err) < 0) {
		status = complain(&err);
	} else {
		if (complaint.code)
			warn("%s; 'wf fsck --repair' mends it", complaint.text);
		tell(cli, id, at, !values->no_run);
		if (!values->no_run)
			status = drive_one(cli, &state, id, !values->no_wait);
	}
	free(id);
	state_release(&state);
	return status;
}

#define AT(field) offsetof(struct fork_values, field)

static const struct option_def options[] = {
	{.name = "at",
	 .argument = "EVENT|STEP|last",
	 .kind = OPTION_TEXT,
	 .offset = AT(at),
	 .help = "the last event that both have; or everything before this step's last outcome"},
	{.name = "id",
	 .argument = "ID",
	 .kind = OPTION_TEXT,
	 .offset = AT(id),
	 .help = "name of the new run; else one is made up"},
	{.name = "module",
	 .argument = "MODULE",
	 .kind = OPTION_TEXT,
	 .offset = AT(module),
	 .complete = WORDS_FILE,
	 .help = "go on with this code, if the history up to there replays with it"},
	{.name = "no-run",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_run),
	 .help = "only make the run, and print its id; wf resume drives it"},
	{.name = "no-wait",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_wait),
	 .help = "leave with exit 3 as soon as the run only waits for timers or signals"},
	{.name = NULL},
};

const struct cmd cmd_fork = {
	.name = "fork",
	.summary = "make a new run that goes on from a point of another",
	.arguments = "ID",
	.details =
		"Both have the history up to that point; from there each goes its own way, and the steps of "
		"the new one have idempotency keys of its own. Without --at: from the last event.",
	.options = options,
	.values_size = sizeof(struct fork_values),
	.least = 1,
	.most = 1,
	.uses = USE_DRIVE,
	.first = WORDS_RUN,
	.run = fork_off,
};
