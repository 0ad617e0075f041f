/* SPDX-License-Identifier: MIT */
#include "view.h"

#include "cli.h"

#include <stdlib.h>
#include <string.h>

const struct view_kind *view_choose(const struct cli *cli)
{
	const char *term = getenv("TERM");

	if (cli->general.quiet)
		return &view_quiet;
	return cli->err_tty && term && *term && strcmp(term, "dumb") != 0 ? &view_tree
									  : &view_plain;
}
