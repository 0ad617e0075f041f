/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/engine/complete.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "input.h"
#include "message.h"
#include "output.h"

#include <stdlib.h>
#include <string.h>

struct complete_values {
	const char *fail, *token;
	bool heartbeat, resume;
};

/* TYPE:MESSAGE as {"type","message"}. New. */
static int parse_failure(const char *text, json_t **ret, struct err *err)
{
	const char *colon = strchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : strlen(text);

	if (!n || !str_utf8(text, strlen(text)))
		return err_set(err, ERR_USAGE,
			       n ? "--fail is not UTF-8"
				 : "--fail needs TYPE:MESSAGE, such as denied:'over budget'");
	*ret = json_pack("{s:s%, s:s}", "type", text, n, "message",
			 colon && colon[1] ? colon + 1 : "completed from outside");
	return *ret ? 0 : err_nomem(err);
}

/* What is given of ID, STEP and JSON: the first two are in the token already. */
static int parse(struct cli *cli, const struct complete_values *values, struct completion *c,
		 char **ret_id, struct err *err)
{
	size_t named = values->token ? 0 : 2;
	int rc = 0;

	c->token = values->token;
	c->heartbeat = values->heartbeat;
	if (values->token)
		rc = completion_run(values->token, ret_id, err);
	else if (cli->nargs < 2)
		rc = err_set(err, ERR_USAGE, "ID and STEP are needed, or --token");
	else if (!(*ret_id = strdup(cli->args[0])))
		rc = err_nomem(err);
	else
		c->step = cli->args[1];
	if (rc == 0 && cli->nargs > named + 1)
		rc = err_set(err, ERR_USAGE, "'%s' is one argument too many", cli->args[named + 1]);
	if (rc == 0 && values->fail && (values->heartbeat || cli->nargs > named))
		rc = err_set(err, ERR_USAGE, "--fail goes with neither a result nor --heartbeat");
	if (rc == 0 && cli->nargs > named)
		rc = input_make(cli->args[named], NULL, 0, &c->value, err);
	if (rc == 0 && values->fail)
		rc = parse_failure(values->fail, &c->error, err);
	return rc;
}

static int send(struct cli *cli, struct state *state, const struct complete_values *values,
		const struct completion *c, char *id)
{
	struct err err = ERR_INIT;
	bool driven;

	if (run_complete(state, id, c, &driven, &err) < 0)
		return complain(&err);
	if (values->resume && !driven)
		return message_resume(cli, state, &id, 1, true);
	if (!driven && !cli->general.quiet)
		say("run '%s' is not driven now: 'wf resume %s' goes on", id, id);
	return EXIT_COMPLETED;
}

static int complete(struct cli *cli, const void *arg)
{
	const struct complete_values *values = arg;
	struct completion c = {0};
	struct err err = ERR_INIT;
	struct state state;
	char *id = NULL;
	int status;

	if (parse(cli, values, &c, &id, &err) < 0) {
		status = complain(&err);
	} else if (!(status = cli_need_state(cli, &state))) {
		status = send(cli, &state, values, &c, id);
		state_release(&state);
	}
	json_decref(c.value);
	json_decref(c.error);
	free(id);
	return status;
}

#define AT(field) offsetof(struct complete_values, field)

static const struct option_def options[] = {
	{.name = "fail",
	 .argument = "TYPE:MESSAGE",
	 .kind = OPTION_TEXT,
	 .offset = AT(fail),
	 .help = "the step has failed, for good"},
	{.name = "heartbeat",
	 .kind = OPTION_FLAG,
	 .offset = AT(heartbeat),
	 .help = "no outcome yet, only a sign of life; JSON is its details"},
	{.name = "token",
	 .argument = "TOKEN",
	 .kind = OPTION_TEXT,
	 .offset = AT(token),
	 .help = "the step that gave this token away, in place of ID and STEP"},
	{.name = "resume",
	 .kind = OPTION_FLAG,
	 .offset = AT(resume),
	 .help = "if nobody drives the run, drive it on in the foreground"},
	{.name = NULL},
};

const struct cmd cmd_complete = {
	.name = "complete",
	.summary = "say the outcome of a step that waits for it from outside",
	.arguments = "[ID STEP] [JSON|@FILE|-]",
	.details =
		"STEP is the step's name, or its number where several of that name wait. Without JSON the "
		"result is null. The outcome is durable when the command returns, and counts once: a step that "
		"has one already, or a run that has ended, is an error.",
	.options = options,
	.values_size = sizeof(struct complete_values),
	.most = 4,
	.uses = USE_DRIVE,
	.first = WORDS_OPEN_RUN,
	.others = WORDS_STEP,
	.run = complete,
};
