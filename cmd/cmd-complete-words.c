/* SPDX-License-Identifier: MIT */
/*
 * wf complete-words WORD...: what the last word can become, one a line, with
 * a description after a tab. A line ":files" or ":folders" asks the shell for its own.
 */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "../lib/store/run.h"
#include "../lib/store/state.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "logs.h"
#include "output.h"
#include "words.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static void offer(const struct place *p, const char *word, const char *description)
{
	if (!str_starts(word, p->prefix))
		return;
	if (p->glued)
		out_text(p->glued, (size_t)(p->prefix - p->glued));
	out_text(word, strlen(word));
	if (description) {
		out_text("\t", 1);
		out_text(description, strlen(description));
	}
	out_text("\n", 1);
}

static void offer_commands(const struct place *p)
{
	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			offer(p, commands[i]->name, commands[i]->summary);
}

static void offer_options(const struct place *p, const struct option_def *table, unsigned uses)
{
	for (; table && table->name; table++) {
		char *word = str_format("--%s", table->name);

		if (word && (!table->use || (uses & table->use)))
			offer(p, word, table->help);
		free(word);
	}
}

/* The names that a folder of modules gives: of NAME.so and NAME.c. */
static void offer_folder(const struct place *p, const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *name = entry->d_name;
		size_t n = str_ends(name, ".so") ? 3 : str_ends(name, ".c") ? 2 : 0;
		char *word = n && *name != '.' ? strndup(name, strlen(name) - n) : NULL;

		if (word)
			offer(p, word, folder);
		free(word);
	}
	if (dir)
		closedir(dir);
}

static void offer_workflows(const struct place *p)
{
	const char *path = getenv("WF_PATH");
	char *copy = path ? strdup(path) : NULL, *left = copy, *folder;

	while (left && (folder = strsep(&left, ":")))
		offer_folder(p, *folder ? folder : ".");
	free(copy);
	offer_folder(p, "workflows");
	offer_folder(p, WF_WORKFLOWDIR);
	out_format(":files\n");
}

static int offer_run(void *arg, const char *id, bool closed)
{
	offer(arg, id, closed ? "closed" : "open");
	return 0;
}

static void offer_steps(const struct place *p, struct state *state)
{
	struct log_files files = {NULL, 0};
	struct err err = ERR_INIT;
	struct run run;

	if (!p->first || run_open(&run, state, p->first, &err) < 0)
		return;
	logs_list(&files, run.path, NULL, &err);
	for (size_t i = 0; i < files.n; i++)
		if (!i || strcmp(files.v[i].step, files.v[i - 1].step) != 0)
			offer(p, files.v[i].step, NULL);
	logs_release(&files);
	run_release(&run);
}

static void offer_runs(struct cli *cli, struct place *p, enum words_kind kind)
{
	struct state state;
	struct err err = ERR_INIT;

	cli->general.state = p->state;
	if (cli_open_state(cli, &state, false, &err) < 0)
		return;
	if (kind == WORDS_STEP)
		offer_steps(p, &state);
	else
		state_each_run(&state, true, kind == WORDS_RUN, offer_run, p, &err);
	state_release(&state);
}

static void offer_kind(struct cli *cli, struct place *p, enum words_kind kind)
{
	switch (kind) {
	case WORDS_NONE:
		break;
	case WORDS_COMMAND:
		offer_commands(p);
		break;
	case WORDS_WORKFLOW:
		offer_workflows(p);
		break;
	case WORDS_RUN:
	case WORDS_OPEN_RUN:
	case WORDS_STEP:
		offer_runs(cli, p, kind);
		break;
	case WORDS_FILE:
		out_format(":files\n");
		break;
	case WORDS_FOLDER:
		out_format(":folders\n");
		break;
	case WORDS_SHELL:
		offer(p, "bash", NULL);
		offer(p, "zsh", NULL);
		break;
	}
}

static int complete_words(struct cli *cli, const void *values)
{
	struct place p;

	(void)values;
	words_place(&p, cli->args, cli->nargs);
	if (p.value) {
		offer_kind(cli, &p, p.value->complete);
	} else if (*p.prefix == '-' && !p.only_operands) {
		offer_options(&p, p.command ? p.command->options : NULL, 0);
		offer_options(&p, general_options, p.command ? p.command->uses : ~0u);
		offer(&p, "--help", "show what the command takes");
	} else if (!p.command) {
		if (!p.operands)
			offer_commands(&p);
	} else if (p.operands < p.command->most) {
		offer_kind(cli, &p, p.operands ? p.command->others : p.command->first);
	}
	return EXIT_COMPLETED;
}

const struct cmd cmd_complete_words = {
	.name = "complete-words",
	.summary = "what a shell offers for the last of these words",
	.arguments = "WORD ...",
	.least = 1,
	.most = MANY,
	.hidden = true,
	.verbatim = true,
	.run = complete_words,
};
