/* SPDX-License-Identifier: MIT */
/*
 * Settings of a state directory: the optional config.yaml in it.
 *
 *   jobs: 4                  # attempts at a time; without it, the number of processors
 *   segment: 256K            # bytes after which a history begins a new file
 *   max_result: 64M          # what a step's outcome may be
 *   keep_closed: 1000        # closed runs that keep their files; git keeps all; or: all
 *   keep_refs: 1000          # closed runs with a branch of their own, before they are folded
 *   author: {name: Nightly, email: ops@example.org}   # of the commits
 *   limits:                  # over all runs here: how many at once, how many a second
 *     workflow order: {concurrency: 2, rate: 0.5}
 *     step charge: {rate: 10}
 *   secrets: [API_TOKEN]     # environment variables whose values are never written down
 *
 * Sizes are bytes, or K, M, G of 1024. Whatever is not understood is an error
 * with file and line, and nothing of the file holds then.
 */
#ifndef WF_MODEL_CONFIG_H
#define WF_MODEL_CONFIG_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct os;

#define CONFIG_KEEP_ALL UINT64_MAX

enum limit_kind { LIMIT_STEP, LIMIT_WORKFLOW };

struct limit {
	enum limit_kind kind;
	char *name;           /* owned */
	unsigned concurrency; /* 0: any */
	double rate;          /* a second; 0: any */
};

struct config {
	unsigned jobs;                    /* 0: not set */
	uint64_t segment;                 /* bytes; 0: not set */
	size_t max_result;                /* bytes */
	uint64_t keep_closed;             /* CONFIG_KEEP_ALL: every one */
	uint64_t keep_refs;               /* CONFIG_KEEP_ALL: never folded */
	char *author_name, *author_email; /* owned; NULL: not set */
	char **secrets;                   /* NULL-terminated, owned; never NULL once read */
	struct limit *limits;             /* owned */
	size_t limit_count;
};

/* Read path. A file that is not there, or is empty, gives the defaults. ERR_USAGE: "PATH:LINE:
 * ...". */
int config_read(struct config *ret, struct os *os, const char *path, struct err *err);
/* The same from memory; name stands for the file in messages. */
int config_parse(struct config *ret, const char *text, size_t n, const char *name, struct err *err);
void config_release(struct config *config);
/* What is set for a step or workflow of this name; NULL: nothing. Borrowed. */
const struct limit *config_limit(const struct config *config, enum limit_kind kind,
				 const char *name);

#endif
