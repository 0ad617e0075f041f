/* SPDX-License-Identifier: MIT */
/* One invocation of wf: what every command is given. */
#ifndef WF_CMD_CLI_H
#define WF_CMD_CLI_H

#include <stdbool.h>
#include <stddef.h>

struct cmd;
struct err;
struct state;

struct general {
	const char *state;
	unsigned jobs;
	bool json, quiet, no_color, version;
};

struct cli {
	const struct cmd *command;
	struct general general;
	char **args; /* operands, NULL-terminated */
	size_t nargs;
	char *const *argv; /* as it was called */
	bool has_id;       /* of wf run: --id was given */
	bool out_tty, err_tty;
	bool out_color, err_color;
};

/*
 * Open the state directory. create: make it when it is missing, else -ERR_NOT_FOUND is left to the
 * caller.
 */
int cli_open_state(struct cli *cli, struct state *ret, bool create, struct err *err);
/* The same for commands that only look: prints what is wrong. 0, or the exit status. */
int cli_need_state(struct cli *cli, struct state *ret);

#endif
