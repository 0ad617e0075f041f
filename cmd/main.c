/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "suggest.h"
#include "usage.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static int print_help(const struct cmd *command)
{
	struct buf text = BUF_INIT;

	usage_command(&text, command);
	if (buf_ok(&text))
		out_text(text.data, text.len);
	buf_release(&text);
	return EXIT_COMPLETED;
}

static int print_overview(bool asked)
{
	struct buf text = BUF_INIT;

	usage_overview(&text);
	if (buf_ok(&text) && asked)
		out_text(text.data, text.len);
	else if (buf_ok(&text))
		err_write(text.data, text.len);
	buf_release(&text);
	return asked ? EXIT_COMPLETED : EXIT_USAGE;
}

static int unknown_command(const char *name)
{
	struct suggest near = SUGGEST_INIT;

	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			suggest_offer(&near, name, strlen(name), commands[i]->name);
	if (near.best)
		return complain_usage("'%s' is not a command; did you mean '%s'?", name, near.best);
	return complain_usage("'%s' is not a command; 'wf --help' lists them", name);
}

static int check_operands(const struct cli *cli)
{
	const struct cmd *c = cli->command;

	if (cli->nargs < c->least)
		return complain_usage("%s is missing; usage: wf %s [options] %s",
				      c->least == 1 ? "an argument" : "some argument", c->name,
				      c->arguments);
	if (cli->nargs > c->most)
		return complain_usage("unexpected argument '%s'; see 'wf %s --help'",
				      cli->args[c->most], c->name);
	return 0;
}

static int run_parsed(struct cli *cli, const struct operands *operands, const void *values)
{
	if (operands->help)
		return print_help(cli->command);
	cli->args = operands->v;
	cli->nargs = operands->n;
	out_start(cli);
	int status = check_operands(cli);

	return status ? status : cli->command->run(cli, values);
}

/* words: all that was given but the command's name; the array is used up. */
static int run_command(struct cli *cli, char **words)
{
	const struct cmd *c = cli->command;
	void *values = calloc(1, c->values_size + 1);
	struct option_set sets[] = {{c->options, values, 0},
				    {general_options, &cli->general, c->uses}};
	struct operands operands;
	struct err err = ERR_INIT;
	int status;

	if (!values) {
		err_nomem(&err);
		return complain(&err);
	}
	if (options_parse(sets, 2, words, c->verbatim, &operands, &err) < 0)
		status = complain_usage("%s; see 'wf %s --help'", err.text, c->name);
	else
		status = run_parsed(cli, &operands, values);
	options_release(&sets[0]);
	free(values);
	return status;
}

/* General options may stand before the command: find it, and move it out of the way. */
static int dispatch(int argc, char **argv)
{
	struct cli cli = {.argv = argv};
	struct option_set general = {general_options, &cli.general, ~0u};
	struct err err = ERR_INIT;
	struct operands rest;
	char **words = calloc((size_t)argc + 1, sizeof *words);
	int status;

	if (!words) {
		err_nomem(&err);
		return complain(&err);
	}
	memcpy(words, argv + 1, (size_t)(argc ? argc - 1 : 0) * sizeof *words);
	if (options_parse(&general, 1, words, true, &rest, &err) < 0) {
		status = complain_usage("%s; see 'wf --help'", err.text);
	} else if (cli.general.version) {
		cli.command = command_find("version");
		words[0] = NULL;
		cli.general = (struct general){.json = cli.general.json};
		status = run_command(&cli, words);
	} else if (rest.help || !rest.n) {
		status = print_overview(rest.help);
	} else if (!(cli.command = command_find(rest.v[0]))) {
		status = unknown_command(rest.v[0]);
	} else {
		size_t at = (size_t)argc - 1 - rest.n, after = rest.n - 1;

		memcpy(words, argv + 1, at * sizeof *words);
		memcpy(words + at, argv + 2 + at, after * sizeof *words);
		words[at + after] = NULL;
		cli.general = (struct general){0};
		status = run_command(&cli, words);
	}
	free(words);
	return status;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a write that fails is told better */
	out_safe();
	return out_finish(dispatch(argc, argv));
}
