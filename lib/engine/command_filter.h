/* SPDX-License-Identifier: MIT */
/*
 * What a command prints on its way into its two files: straight, or through pipes and masked,
 * when there is something to mask. What may be the beginning of a secret is held back
 * until more has come, or the command has ended.
 */
#ifndef WF_ENGINE_COMMAND_FILTER_H
#define WF_ENGINE_COMMAND_FILTER_H

#include "../base/buf.h"

#include <stddef.h>
#include <sys/types.h>

struct mask;

struct command_filter {
	const struct mask *mask; /* borrowed */
	int sys;                 /* errno of a write that failed, or 0 */
	struct filter_stream {
		int theirs, from, to; /* the command's end, ours, and the file; -1: none */
		struct buf text;
	} streams[2];
};

#define COMMAND_FILTER_INIT \
	{ \
		NULL, 0, \
		{ \
			{-1, -1, -1, BUF_INIT}, \
			{ \
				-1, -1, -1, BUF_INIT \
			} \
		} \
	}

/* 0, or -1 with errno; close it either way. */
int command_filter_open(struct command_filter *f, const struct mask *mask, int out, int err);
/* Returns once the command has ended, and what it had written by then is in the files. It is to be
 * reaped yet. */
void command_filter_serve(struct command_filter *f, pid_t pid);
void command_filter_close(struct command_filter *f);

#endif
