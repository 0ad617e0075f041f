/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include "../lib/base/error.h"
#include "../lib/engine/recall.h"
#include "../lib/os/os.h"
#include "../lib/store/state.h"
#include "exit.h"
#include "output.h"

#include <stdlib.h>

int cli_open_state(struct cli *cli, struct state *ret, bool create, struct err *err)
{
	char *path = state_find(cli->general.state, err);

	if (!path)
		return -err->code;
	int r = state_open(ret, os_system(), path, create, err);
	free(path);
	if (r == 0)
		recall_enable(ret);
	return r;
}

int cli_need_state(struct cli *cli, struct state *ret)
{
	struct err err = ERR_INIT;

	if (cli_open_state(cli, ret, false, &err) == 0)
		return 0;
	return complain(&err);
}
