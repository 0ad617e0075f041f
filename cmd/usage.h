/* SPDX-License-Identifier: MIT */
/* Help out of the tables. */
#ifndef WF_CMD_USAGE_H
#define WF_CMD_USAGE_H

struct buf;
struct cmd;

/* "usage: wf run [options] WORKFLOW ..." */
void usage_line(struct buf *out, const struct cmd *command);
/* All of --help of a command. */
void usage_command(struct buf *out, const struct cmd *command);
/* What wf --help says: the commands and the general options. */
void usage_overview(struct buf *out);

#endif
