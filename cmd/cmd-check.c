/* SPDX-License-Identifier: MIT */
#include "../lib/base/error.h"
#include "../lib/engine/check.h"
#include "../lib/engine/module.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "named.h"
#include "output.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

struct check_values {
	bool all;
};

struct findings {
	const struct cli *cli;
	bool all;
	size_t problems, hidden;
};

static void print_object(const struct check_finding *f)
{
	json_t *object = json_pack("{s:s, s:s, s:s, s:s}", "level", check_level_name(f->level),
				   "symbol", f->symbol, "category", f->category, "advice",
				   f->advice);

	if (object)
		out_json(object);
	json_decref(object);
}

static void print_text(const struct check_finding *f, bool color)
{
	static const enum tint tints[] = {[CHECK_CAUGHT] = TINT_GREEN,
					  [CHECK_STEP_ONLY] = TINT_YELLOW,
					  [CHECK_PROBLEM] = TINT_RED};

	out_format("%s%-9s%s  %-20s  %s: %s\n", tint(color, tints[f->level]),
		   check_level_name(f->level), tint(color, TINT_NONE), f->symbol, f->category,
		   f->advice);
}

static void on_finding(void *arg, const struct check_finding *f)
{
	struct findings *findings = arg;

	findings->problems += f->level == CHECK_PROBLEM;
	if (findings->cli->general.json)
		print_object(f);
	else if (f->level == CHECK_CAUGHT && !findings->all)
		findings->hidden++;
	else
		print_text(f, findings->cli->out_color);
}

/* A .c file is compiled into the cache of the state directory, which is made for that where there
 * is none. */
static int find_binary(struct cli *cli, const struct named *named, char **ret, struct err *err)
{
	struct state state;

	if (!named_needs_compiler(named)) {
		*ret = strdup(named->file);
		return *ret ? 0 : err_nomem(err);
	}
	int r = cli_open_state(cli, &state, true, err);
	if (r == 0) {
		r = module_compile(&state, named->file, ret, err);
		state_release(&state);
	}
	return r;
}

static void print_contents(const struct cli *cli, const struct module *module)
{
	if (cli->general.json)
		return;
	for (size_t i = 0; i < module->count; i++)
		out_format("%-9s  %s\n",
			   module->entries[i].kind == WF_KIND_WORKFLOW ? "workflow" : "step",
			   module->entries[i].name);
}

static int check_file(struct cli *cli, const char *file, const char *of, bool all, struct err *err)
{
	struct findings findings = {cli, all, 0, 0};
	struct module *module = NULL;
	int r = module_load_made(file, of, &module, err);

	if (r < 0)
		return r;
	print_contents(cli, module);
	module_free(module);
	r = check_module(file, on_finding, &findings, err);
	if (r < 0)
		return r;
	if (findings.problems)
		return err_set(err, ERR_MODULE,
			       "%zu import%s would make workflow code nondeterministic",
			       findings.problems, findings.problems == 1 ? "" : "s");
	if (findings.hidden && !cli->general.quiet)
		say("%zu import%s answered from the history in workflow code; --all names them",
		    findings.hidden, findings.hidden == 1 ? " is" : "s are");
	return 0;
}

static int check(struct cli *cli, const void *arg)
{
	const struct check_values *values = arg;
	struct named named = {0};
	struct err err = ERR_INIT;
	char *file = NULL;
	int status = EXIT_COMPLETED;

	if (named_parse(&named, cli->args[0], &err) < 0 || named_locate(&named, &err) < 0 ||
	    find_binary(cli, &named, &file, &err) < 0 ||
	    check_file(cli, file, named.file, values->all, &err) < 0)
		status = complain(&err);
	free(file);
	named_release(&named);
	return status;
}

static const struct option_def options[] = {
	{.name = "all",
	 .kind = OPTION_FLAG,
	 .offset = offsetof(struct check_values, all),
	 .help = "name also what is caught: answered from the history inside workflow code"},
	{.name = NULL},
};

const struct cmd cmd_check = {
	.name = "check",
	.summary = "load a module, and name what in it could break determinism",
	.arguments = "MODULE",
	.details = "Exits with 6 if the module cannot be loaded, or is sure to break determinism.",
	.options = options,
	.values_size = sizeof(struct check_values),
	.least = 1,
	.most = 1,
	.uses = USE_LOOK | USE_QUIET,
	.first = WORDS_WORKFLOW,
	.run = check,
};
