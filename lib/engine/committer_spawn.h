/* SPDX-License-Identifier: MIT */
/* Starting the committer's process. */
#ifndef WF_ENGINE_COMMITTER_SPAWN_H
#define WF_ENGINE_COMMITTER_SPAWN_H

#include <sys/types.h>

struct err;

/* Start wf-committer for a state directory in a session of its own; ret_socket is our end of the
 * talk. */
int committer_spawn(const char *state_path, pid_t *ret_pid, int *ret_socket, struct err *err);

#endif
