/* SPDX-License-Identifier: MIT */
/* Where the coroutines of a workflow stand, in functions and lines of its module. */
#ifndef WF_ENGINE_QUERY_STACK_H
#define WF_ENGINE_QUERY_STACK_H

#include <jansson.h>

struct core;
struct err;
struct module;

/* [{"coroutine":1,"handler":NAME?,"waits":[...],"frames":[{"function","file","line"}, ...]}, ...];
 * new. What the module's symbols and debug information do not tell is left out. */
int query_stack(struct core *core, const struct module *module, json_t **ret, struct err *err);

#endif
