/* SPDX-License-Identifier: MIT */
/* Files of a run that are gone, from its branch: before a driver gives up. */
#ifndef WF_ENGINE_RUNNER_RESTORE_H
#define WF_ENGINE_RUNNER_RESTORE_H

#include <stdbool.h>

struct driver;
struct err;
struct module;
struct runner;

/* Whether any file that was missing is there again. */
bool runner_restore(struct driver *driver, const char *id);
/* The module that the run is pinned to (borrowed); from the branch when it is missing or damaged.
 */
int runner_module(struct runner *r, const char *sha256, const struct module **ret, struct err *err);

#endif
