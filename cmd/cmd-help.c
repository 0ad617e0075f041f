/* SPDX-License-Identifier: MIT */
#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"
#include "cli.h"
#include "command.h"
#include "exit.h"
#include "output.h"
#include "suggest.h"
#include "usage.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* man(1), silent about pages that it has not. True when it showed the page. */
static bool show_page(const char *page)
{
	char *argv[] = {(char *)"man", (char *)page, NULL};
	posix_spawn_file_actions_t actions;
	int status = 0;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return false;
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int sys = posix_spawnp(&pid, "man", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (sys)
		return false;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int print_text(const struct cmd *about)
{
	struct buf text = BUF_INIT;

	if (about)
		usage_command(&text, about);
	else
		usage_overview(&text);
	if (buf_ok(&text))
		out_text(text.data, text.len);
	buf_release(&text);
	return EXIT_COMPLETED;
}

static int no_such(const char *name)
{
	struct suggest near = SUGGEST_INIT;

	for (size_t i = 0; commands[i]; i++)
		if (!commands[i]->hidden)
			suggest_offer(&near, name, strlen(name), commands[i]->name);
	if (near.best)
		return complain_usage("there is no command '%s'; did you mean '%s'?", name,
				      near.best);
	return complain_usage("there is no command '%s'; 'wf help' lists them", name);
}

static int help(struct cli *cli, const void *values)
{
	const struct cmd *about = NULL;

	(void)values;
	if (!cli->nargs)
		return print_text(NULL);
	if (!(about = command_find(cli->args[0])))
		return no_such(cli->args[0]);
	char *page = str_format("wf-%s", about->name);
	bool shown = page && show_page(page);
	free(page);
	return shown ? EXIT_COMPLETED : print_text(about);
}

const struct cmd cmd_help = {
	.name = "help",
	.summary = "show the manual page of a command",
	.arguments = "[COMMAND]",
	.most = 1,
	.first = WORDS_COMMAND,
	.run = help,
};
