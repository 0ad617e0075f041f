/* SPDX-License-Identifier: MIT */
#include "module.h"

#include <string.h>

int module_find(const struct module *module, wf_kind kind, const char *name)
{
	for (size_t i = 0; i < module->count; i++)
		if (module->entries[i].kind == kind && strcmp(module->entries[i].name, name) == 0)
			return (int)i;
	return -1;
}
