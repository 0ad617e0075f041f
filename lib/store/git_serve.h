/* SPDX-License-Identifier: MIT */
/*
 * The committer's side of the talk that lib/engine/committer.h describes: JSON
 * lines in, answers out, commits when they are due.
 */
#ifndef WF_STORE_GIT_SERVE_H
#define WF_STORE_GIT_SERVE_H

struct err;
struct os;

/* Serve the socket, as config.yaml says, until it closes and all that was told is committed. 0;
 * negative when it could not even begin. */
int git_serve(struct os *os, const char *state, int socket, struct err *err);

#endif
