/* SPDX-License-Identifier: MIT */
/* What a command is executed with: words, environment, where to look for it. */
#ifndef WF_ENGINE_COMMAND_SETUP_H
#define WF_ENGINE_COMMAND_SETUP_H

#include "command_step.h"

#include <jansson.h>
#include <stddef.h>

struct command_setup {
	json_t *input; /* owned */
	struct strings argv;
	char **script; /* owned, of borrowed words: sh, a place for the path, and argv from its
			  second on */
	struct strings environment;
	struct strings paths;   /* to try in turn */
	const char *directory;  /* borrowed from input: relative to the call's; may be NULL */
	const char *stdin_text; /* borrowed from input; may be NULL */
	size_t stdin_len;
};

/* NULL, or a borrowed text that says what is wrong with the input. Release it either way. */
const char *command_setup(struct command_setup *ret, const struct command_call *call);
void command_setup_release(struct command_setup *setup);

#endif
