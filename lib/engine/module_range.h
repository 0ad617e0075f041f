/* SPDX-License-Identifier: MIT */
/* Whether what a descriptor points at is part of the module, before it is read. */
#ifndef WF_ENGINE_MODULE_RANGE_H
#define WF_ENGINE_MODULE_RANGE_H

#include <stddef.h>

/* How many bytes may be read from p on, within the loaded object that anchor is in; 0 when p is not
 * in it. */
size_t module_range(const void *anchor, const void *p);

#endif
