/* SPDX-License-Identifier: MIT */
#include "signal_many.h"

#include "../lib/base/error.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "exit.h"
#include "message.h"
#include "output.h"
#include "payload.h"

#include <stdlib.h>
#include <string.h>

/* What every one of them gets. New. */
static int make_message(char *const *args, size_t n, bool ids_from_stdin, json_t **ret,
			struct err *err)
{
	json_t *payload = NULL;

	for (size_t i = 1; ids_from_stdin && i < n; i++)
		if (strcmp(args[i], "-") == 0)
			return err_set(
				err, ERR_USAGE,
				"standard input holds the ids, so it cannot hold the payload");
	if (payload_check_name("signal", args[0], err) < 0 ||
	    payload_make(args + 1, n - 1, &payload, err) < 0)
		return -err->code;
	*ret = json_pack("{s:s, s:s, s:o}", "kind", "signal", "name", args[0], "payload", payload);
	return *ret ? 0 : err_nomem(err);
}

static int send_one(const struct cli *cli, struct state *state, json_t *message, const char *id)
{
	struct err err = ERR_INIT;
	char *name = NULL;
	bool driven;

	if (message_send(state, id, json_incref(message), &name, &driven, &err) < 0)
		return complain(&err);
	if (cli->general.json) {
		json_t *told = json_pack("{s:s, s:O, s:s}", "id", id, "signal",
					 json_object_get(message, "name"), "message", name);
		out_json(told);
		json_decref(told);
	}
	free(name);
	return EXIT_COMPLETED;
}

static int send_all(struct cli *cli, struct state *state, const struct signal_many *s,
		    json_t *message, struct targets *targets)
{
	size_t sent = 0;
	int status = EXIT_COMPLETED;

	for (size_t i = 0; i < targets->n; i++) {
		char *id = targets->ids[i];
		int one = send_one(cli, state, message, id);

		/* those that have it come first */
		if (one == EXIT_COMPLETED) {
			targets->ids[i] = targets->ids[sent];
			targets->ids[sent++] = id;
		}
		status = exit_worse(status, one);
	}
	batch_summary(cli, sent, targets->n, "signalled");
	if (s->resume && sent)
		status = exit_worse(status,
				    message_resume(cli, state, targets->ids, sent, s->wait));
	return status;
}

int signal_many(struct cli *cli, const struct signal_many *s)
{
	size_t ids = s->batch->where ? 0 : 1;
	struct targets targets;
	struct err err = ERR_INIT;
	struct state state;
	json_t *message = NULL;
	int status;

	if (make_message(cli->args + ids, cli->nargs - ids, ids, &message, &err) < 0)
		return complain(&err);
	status = batch_open(cli, &targets, &state, s->batch, cli->args, ids, BATCH_OPEN);
	if (!status) {
		status = s->batch->dry_run ? batch_print(cli, &targets)
					   : send_all(cli, &state, s, message, &targets);
		targets_release(&targets);
		state_release(&state);
	}
	json_decref(message);
	return status;
}
