/* SPDX-License-Identifier: MIT */
/* Asking the committer for the commits of a reset and of a fork. A failure is a complaint only:
 * git is behind the files, and fsck brings it up. */
#ifndef WF_ENGINE_POINT_COMMIT_H
#define WF_ENGINE_POINT_COMMIT_H

struct committer;
struct err;
struct history_position;

void point_commit_reset(struct committer *c, const char *run, const struct history_position *point,
			const struct history_position *now, const char *message,
			struct err *complaint);
void point_commit_fork(struct committer *c, const char *run, const char *of,
		       const struct history_position *point, const struct history_position *now,
		       const char *message, struct err *complaint);

#endif
