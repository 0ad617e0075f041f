/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "cli.h"

#include <string.h>

extern const struct cmd cmd_fsck, cmd_why;
extern const struct cmd cmd_cancel, cmd_terminate, cmd_complete;
extern const struct cmd cmd_signal, cmd_query, cmd_update;         /* messages */
extern const struct cmd cmd_replay, cmd_reset, cmd_fork, cmd_diff; /* evolution */
extern const struct cmd cmd_run, cmd_resume, cmd_status, cmd_list, cmd_show, cmd_log, cmd_wait,
	cmd_check, cmd_new, cmd_help, cmd_version, cmd_completion, cmd_complete_words;

const struct cmd *const commands[] = {
	&cmd_run,   &cmd_resume, &cmd_status,  &cmd_list,       &cmd_show,
	&cmd_log,   &cmd_why,    &cmd_wait,    &cmd_complete,   &cmd_signal,
	&cmd_query, &cmd_update, &cmd_cancel,  &cmd_terminate,  &cmd_check,
	&cmd_fsck,  &cmd_new,    &cmd_help,    &cmd_replay,     &cmd_reset,
	&cmd_fork,  &cmd_diff,   &cmd_version, &cmd_completion, &cmd_complete_words,
	NULL,
};

#define AT(field) offsetof(struct general, field)

const struct option_def general_options[] = {
	{.name = "state",
	 .argument = "DIR",
	 .kind = OPTION_TEXT,
	 .offset = AT(state),
	 .use = USE_STATE,
	 .complete = WORDS_FOLDER,
	 .help = "the state directory; else $WF_STATE, else the nearest .wf upwards"},
	{.name = "json",
	 .kind = OPTION_FLAG,
	 .offset = AT(json),
	 .use = USE_JSON,
	 .help = "print JSON, one object a line, as in wf-json(5)"},
	{.name = "quiet",
	 .letter = 'q',
	 .kind = OPTION_FLAG,
	 .offset = AT(quiet),
	 .use = USE_QUIET,
	 .help = "say nothing unless a run fails, and then all that helps"},
	{.name = "no-color",
	 .kind = OPTION_FLAG,
	 .offset = AT(no_color),
	 .use = USE_COLOR,
	 .help = "no colours, as with $NO_COLOR"},
	{.name = "jobs",
	 .letter = 'j',
	 .argument = "N",
	 .kind = OPTION_COUNT,
	 .offset = AT(jobs),
	 .use = USE_JOBS,
	 .help = "how many steps may run at once; else the number of processors"},
	{.name = "version",
	 .kind = OPTION_FLAG,
	 .offset = AT(version),
	 .use = USE_ALONE,
	 .help = "print the version and exit"},
	{.name = NULL},
};

const struct cmd *command_find(const char *name)
{
	for (size_t i = 0; commands[i]; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}
