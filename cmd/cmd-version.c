/* SPDX-License-Identifier: MIT */
#include "../lib/core/core.h"
#include "../lib/store/state.h"
#include "../lib/wf.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
#define ABI NUMBER(WF_ABI_MAJOR) "." NUMBER(WF_ABI_MINOR)

static int version(struct cli *cli, const void *values)
{
	(void)values;
	if (!cli->general.json) {
		out_format("wf %s\n", PACKAGE_VERSION);
		return EXIT_COMPLETED;
	}
	json_t *object = json_pack("{s:s, s:s, s:i, s:i}", "version", PACKAGE_VERSION, "abi", ABI,
				   "rules", CORE_RULES, "format", STATE_FORMAT);

	if (!object)
		return EXIT_STATE;
	out_json(object);
	json_decref(object);
	return EXIT_COMPLETED;
}

const struct cmd cmd_version = {
	.name = "version",
	.summary = "print the version; with --json those of the formats too",
	.arguments = "",
	.uses = USE_JSON,
	.run = version,
};
