/* SPDX-License-Identifier: MIT */
/*
 * Stubs: outcomes that stand in for steps, for tests of workflows. run.json's
 * options have "stubs": {"STEP": {"result": ...} or {"error": {"type","message"}}}.
 */
#ifndef WF_ENGINE_STUB_H
#define WF_ENGINE_STUB_H

#include <jansson.h>

struct err;
struct runner;
struct task;

/* Add the stub that text says, STEP=JSON or STEP=fail:TYPE:MESSAGE, to the object of stubs.
 * -ERR_USAGE says what is wrong with it. */
int stub_parse(json_t *stubs, const char *text, struct err *err);
/* What stands in for this step; NULL: nothing does. Borrowed. */
const json_t *stub_find(const struct runner *r, const char *step);
/* Record it as the outcome of the task. */
int stub_settle(struct task *task, const json_t *stub, struct err *err);

#endif
