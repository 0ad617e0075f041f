/* SPDX-License-Identifier: MIT */
/* A workflow as the user named it: NAME, FILE.so, FILE.c, each perhaps with :WORKFLOW. */
#ifndef WF_CMD_NAMED_H
#define WF_CMD_NAMED_H

#include <stdbool.h>

struct err;
struct module;
struct state;

struct named {
	const char *text;  /* borrowed */
	char *base;        /* owned: file name without folder and .so or .c */
	const char *after; /* borrowed: what follows the ':', or NULL */
	char *file;        /* owned: where it is; NULL until located */
	char *workflow;    /* owned: as located; NULL: not said */
};

int named_parse(struct named *ret, const char *text, struct err *err);
/* Whether an existing run of this workflow, from a module of this file name, is what is named.
 * Needs no file. */
bool named_is(const struct named *named, const char *workflow, const char *module_name);
/* Find the file. ERR_NOT_FOUND says where it was looked for. */
int named_locate(struct named *named, struct err *err);
bool named_needs_compiler(const struct named *named);
/* Which of the module's workflows is meant: index of its entry; -ERR_NOT_FOUND lists what there is.
 */
int named_choose(const struct named *named, const struct module *module, struct err *err);
void named_release(struct named *named);
/* The module that a word names, compiled where it is C: its file. ret is new. */
int named_module(struct state *state, const char *word, char **ret, struct err *err);

#endif
