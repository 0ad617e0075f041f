/* SPDX-License-Identifier: MIT */
/* What a loaded module offers, as a plain table. Loading it is lib/engine/module.h's. */
#ifndef WF_MODEL_MODULE_H
#define WF_MODEL_MODULE_H

#include "../wf.h"

#include <stddef.h>

struct module_entry {
	wf_kind kind;
	const char *name; /* borrowed from the module */
	wf_workflow_fn *workflow;
	wf_step_fn *step;
	wf_step_options options; /* copied, as far as the module's version declares it */
};

struct module {
	char sha256[65];
	char *path;   /* owned: what was loaded */
	void *handle; /* never closed */
	size_t count;
	struct module_entry *entries; /* owned */
};

/* Index of an entry, or -1. */
int module_find(const struct module *module, wf_kind kind, const char *name);

#endif
