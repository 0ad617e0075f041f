/* SPDX-License-Identifier: MIT */
/* The log files of a run: what its attempts wrote to stdout and stderr. */
#ifndef WF_CMD_LOGS_H
#define WF_CMD_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct err;

/* The end of what an attempt wrote to stderr, or to stdout if it wrote nothing there. Nothing when
 * there is nothing. */
void logs_tail(struct buf *out, const char *run_path, uint64_t cmd, int attempt, size_t bytes,
	       size_t lines);

/* One file: logs/NNN/NNNNNN-STEP.ATTEMPT.out|.err, or logs/workflow.log (cmd 0). */
struct log_file {
	char *path; /* below logs/, owned */
	char *step; /* owned */
	uint64_t cmd;
	int attempt;
	bool err;
};

struct log_files {
	struct log_file *v;
	size_t n;
};

/* All of <run>/logs, ordered by command, attempt, stdout before stderr; step: a name or number,
 * NULL: all. Adds to ret. */
int logs_list(struct log_files *ret, const char *run_path, const char *step, struct err *err);
void logs_release(struct log_files *files);

#endif
