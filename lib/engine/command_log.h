/* SPDX-License-Identifier: MIT */
/*
 * Where the output of a command goes. Most commands say nothing and are soon done, and making a
 * name and removing it again is most of what such a step would cost. So the file has no name
 * at first: it gets that of the log when the command has run for a while, or has ended and left
 * something in it. A file that stayed empty, and that no process holds any more, is the next
 * command's; to find that out, and to make it ready, takes the time while nobody waits. A death
 * before the name leaves nothing, after it the log so far.
 */
#ifndef WF_ENGINE_COMMAND_LOG_H
#define WF_ENGINE_COMMAND_LOG_H

#include <stdbool.h>

struct command_log {
	int fd;       /* to read back; -1: none */
	int given;    /* what the command gets, of a description of its own; with a name: fd itself.
			 -1 while the file is not ready for another command */
	char *folder; /* of the file without a name */
	bool named;
	bool used; /* by a command that has ended, silently; it is not known to be alone yet */
};

#define COMMAND_LOG_INIT \
	{ \
		.fd = -1, .given = -1 \
	}

/* A file by that name, of an earlier try, goes. */
void command_log_remove(const char *base, const char *end);
/* For the attempt whose log is <base>.<end>. 0, or -1 with errno. */
int command_log_open(struct command_log *log, const char *base, const char *end);
/* From here on it is to be seen, if that can be had. */
void command_log_name(struct command_log *log, const char *base, const char *end);
/* The command has ended: what is in it gets the name, what is empty loses it. */
void command_log_end(struct command_log *log, const char *base, const char *end);
/* Nobody waits: make the file ready for the next command, if it can be. */
void command_log_rest(struct command_log *log);

#endif
