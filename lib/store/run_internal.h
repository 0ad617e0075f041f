/* SPDX-License-Identifier: MIT */
/* What the files of a run's folder share. */
#ifndef WF_STORE_RUN_INTERNAL_H
#define WF_STORE_RUN_INTERNAL_H

#include "../os/process.h"
#include "run.h"

struct os;

/* run.json, as text for the disk: new, or NULL without memory. */
char *run_info_encode(const struct run_info *info);
/* And back. path is for messages. ret is untouched on failure. */
int run_info_decode(struct run_info *ret, const char *text, size_t n, const char *path,
		    struct err *err);

/* <run>/<a>/<b>, b may be NULL. New. */
char *run_path(const struct run *run, const char *a, const char *b);
/* Make a folder of the run, durably, unless it is there. */
int run_make_folder(struct run *run, const char *name, struct err *err);
/* A name below open/ or closed/ for a folder that means nothing once this process is gone. New. */
int run_name_new(struct state *state, const char *place, char **ret, struct err *err);
/* Sync a folder. */
int run_sync(struct os *os, const char *path, struct err *err);
/* A small file of JSON. 1: *ret is new; 0: there is none; ERR_DAMAGED with what to do. */
int run_read_json(struct os *os, const char *path, json_t **ret, struct err *err);
/* Durably or softly; compact, with a newline. */
int run_write_json(struct os *os, const char *path, json_t *value, bool durable, struct err *err);

/* Who drives: what the lock file says; no pid when it says nothing. */
int holder_read(struct os *os, int fd, struct process_id *ret);
int holder_write(struct os *os, int fd, const struct process_id *holder);

#endif
