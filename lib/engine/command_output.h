/* SPDX-License-Identifier: MIT */
/* The files that a command reads and writes, and what is told of them in its outcome. */
#ifndef WF_ENGINE_COMMAND_OUTPUT_H
#define WF_ENGINE_COMMAND_OUTPUT_H

#include <stdbool.h>

struct buf;
struct command_call;
struct command_setup;

struct command_files {
	int in, out, err;       /* in: -1 when the command gets no text */
	int give_out, give_err; /* out and err as the command gets them */
};

#define COMMAND_FILES_INIT \
	{ \
		-1, -1, -1, -1, -1 \
	}

/* 0, or -1 with errno; close them either way. */
int command_files_open(struct command_files *f, const struct command_call *call,
		       const struct command_setup *setup);
/* The command runs for a while now: its logs are to be seen. */
void command_files_show(const struct command_call *call);
/* Removes log files that stayed empty. */
void command_files_close(struct command_files *f, const struct command_call *call);
/* Append ,"stdout":"...","stderr":"..." to out, and the end of stderr as it is to err. Of a failure
 * only the ends of both are told. false: they could not be read back. */
bool command_output(const struct command_call *call, const struct command_files *f, bool failed,
		    struct buf *out, struct buf *err);

#endif
