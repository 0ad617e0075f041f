/* SPDX-License-Identifier: MIT */
/*
 * The state directory as a whole: finding it, making it, judging whether it can
 * be trusted, and the runs in it. Layout: wf-state(5).
 *
 * state_find never writes. state_open makes what is missing when create is
 * set; a crash in the middle leaves a directory that the next call completes.
 */
#ifndef WF_STORE_STATE_H
#define WF_STORE_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct os;
struct err;

struct state {
	struct os *os;
	char *path; /* absolute, owned */
	/* Bring back a run of which git may know, and of which there are no files. 1, 0 when git
	 * does not know it, or negative. NULL: nobody can. */
	int (*recall)(void *arg, struct state *state, const char *id, struct err *err);
	void *recall_arg;
};

#define STATE_FORMAT 1

/* Path of the directory: explicit (--state; may be NULL), else $WF_STATE, else the nearest .wf
 * upwards from the working folder, else "./.wf" (which may not exist). New. */
char *state_find(const char *explicit_path, struct err *err);
/* ERR_NOT_FOUND when absent and not create; ERR_SYSTEM for wrong owner, writable by others, not a
 * folder, unwritable; ERR_NEWER when its format is newer. */
int state_open(struct state *ret, struct os *os, const char *path, bool create, struct err *err);
void state_release(struct state *state);
/* <state>/<a>/<b>, b may be NULL. New. */
char *state_path(const struct state *state, const char *a, const char *b);
/* Call each for every run id, open then closed; stops when it returns non-zero, and returns that.
 */
int state_each_run(struct state *state, bool open, bool closed,
		   int (*each)(void *arg, const char *id, bool closed), void *arg, struct err *err);

/* Put the module at path into modules/<sha256>.so (write once). sha256 is filled. ret_path new. */
int state_add_module(struct state *state, const char *path, char ret_sha256[65], char **ret_path,
		     struct err *err);

#endif
