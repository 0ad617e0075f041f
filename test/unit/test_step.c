/* SPDX-License-Identifier: MIT */
#include "../../lib/model/module.h"
#include "../../lib/model/step.h"
#include "tap.h"

static void test_release(void)
{
	struct step step = {.name = strdup("charge"), .input = json_object()};
	json_t *input = json_incref(step.input);

	step.retry.never = calloc(3, sizeof(char *));
	step.retry.never[0] = strdup("a");
	step.retry.never[1] = strdup("b");
	step_release(&step);
	is_int(input->refcount, 1, "release gives the input back");
	ok(!step.name && !step.input && !step.retry.never, "and leaves nothing");
	step_release(&step);
	step_release(NULL);
	pass("releasing nothing is allowed");
	json_decref(input);
}

static void test_find(void)
{
	struct module_entry entries[] = {
		{.kind = WF_KIND_WORKFLOW, .name = "order"},
		{.kind = WF_KIND_STEP, .name = "charge"},
		{.kind = WF_KIND_STEP, .name = "order"},
	};
	struct module module = {.count = 3, .entries = entries}, empty = {0};

	is_int(module_find(&module, WF_KIND_WORKFLOW, "order"), 0, "a workflow");
	is_int(module_find(&module, WF_KIND_STEP, "order"), 2, "a step of the same name");
	is_int(module_find(&module, WF_KIND_STEP, "charge"), 1, "a step");
	is_int(module_find(&module, WF_KIND_WORKFLOW, "charge"), -1, "which is no workflow");
	is_int(module_find(&module, WF_KIND_STEP, "charg"), -1, "the whole name counts");
	is_int(module_find(&empty, WF_KIND_STEP, "x"), -1, "nothing in nothing");
}

int main(void)
{
	test_release();
	test_find();
	return done_testing();
}
