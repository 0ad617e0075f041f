/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/query.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "payload.h"

#include <string.h>

static int tell(const struct cli *cli, int rc, const json_t *answer)
{
	const char *type = json_string_value(json_object_get(answer, "type"));
	const char *message = json_string_value(json_object_get(answer, "message"));

	if (rc == 0) {
		out_value(cli, answer);
		return EXIT_COMPLETED;
	}
	if (type && strcmp(type, "no_such_query") == 0)
		return complain_usage("run '%s': %s; 'wf query %s queries' tells which there are",
				      cli->args[0], message, cli->args[0]);
	say("query '%s' of run '%s' failed: %s: %s", cli->args[1], cli->args[0], type ? type : "?",
	    message ? message : "");
	return EXIT_FAILED;
}

static int query(struct cli *cli, const void *values)
{
	struct err err = ERR_INIT;
	struct state state;
	json_t *argument = NULL, *answer = NULL;
	int status, rc;

	(void)values;
	if (payload_check_name("query", cli->args[1], &err) < 0 ||
	    payload_make(cli->args + 2, cli->nargs - 2, &argument, &err) < 0)
		return complain(&err);
	status = cli_need_state(cli, &state);
	if (!status) {
		rc = query_run(&state, cli->args[0], cli->args[1], argument, &answer, &err);
		status = rc < 0 ? complain(&err) : tell(cli, rc, answer);
		state_release(&state);
	}
	json_decref(argument);
	json_decref(answer);
	return status;
}

const struct cmd cmd_query = {
	.name = "query",
	.summary = "ask a run, open or ended, without disturbing it",
	.arguments = "ID NAME [JSON|@FILE|-] [KEY=VALUE ...]",
	.details =
		"The answer goes to standard output as JSON. Every run answers 'stack' (where each coroutine "
		"waits), 'waits' and 'queries' (what can be sent or asked).",
	.least = 2,
	.most = MANY,
	.uses = USE_LOOK,
	.first = WORDS_RUN,
	.run = query,
};
