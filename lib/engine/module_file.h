/* SPDX-License-Identifier: MIT */
/* A module's file as bytes: mapped, and judged before the loader touches it. */
#ifndef WF_ENGINE_MODULE_FILE_H
#define WF_ENGINE_MODULE_FILE_H

#include "elf.h"

struct err;

struct module_file {
	void *data;
	size_t size;
	struct elf elf;
};

/* Map a file that can be loaded here. ERR_NOT_FOUND, ERR_MODULE with what it is instead. */
int module_file_open(struct module_file *ret, const char *path, struct err *err);
void module_file_close(struct module_file *file);
/* Whether its descriptor is one that this wf understands: there, magic, version, sizes. */
int module_file_judge(const struct module_file *file, struct err *err);

#endif
