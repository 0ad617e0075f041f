/* SPDX-License-Identifier: MIT */
/* Bringing the branch of one locked run up to all that its files have, before they change. */
#ifndef WF_ENGINE_COMMIT_WHOLE_H
#define WF_ENGINE_COMMIT_WHOLE_H

struct committer;
struct err;
struct run;

/* Commit all of it by the committer and wait for that. */
int commit_whole(struct committer *committer, struct run *run, struct err *err);

#endif
