/* SPDX-License-Identifier: MIT */
/*
 * A module as an older wf.h would have made it (-DOLDER: definitions end after
 * the first time-out) and as one that adds fields would (-DWIDER). Both must load.
 */
#include <wf.h>

static json_t *main_workflow(wf_ctx *wf, const json_t *in)
{
	(void)wf;
	return json_deep_copy(in);
}

static json_t *work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_deep_copy(in);
}

struct definition {
	size_t size;
	uint32_t kind, reserved;
	const char *name;
	wf_workflow_fn *workflow;
	wf_step_fn *step;
	const char *file;
#ifdef OLDER
	struct {
		const char **argv;
		size_t size;
		wf_duration timeout;
	} options;
#else
	wf_step_options options;
	uint64_t later[5];
#endif
};

#define OPTIONS sizeof(((struct definition *)0)->options)

static const struct definition definitions[] = {
	{sizeof(struct definition),
	 WF_KIND_WORKFLOW,
	 0,
	 "versions",
	 main_workflow,
	 NULL,
	 __FILE__,
	 {.size = OPTIONS}},
	{sizeof(struct definition),
	 WF_KIND_STEP,
	 0,
	 "work",
	 NULL,
	 work,
	 __FILE__,
	 {.size = OPTIONS, .timeout = 3000}},
};

__attribute__((visibility("default"))) const wf_module_descriptor wf_module = {
	WF_MODULE_MAGIC,
	WF_ABI_MAJOR,
	0,
	sizeof(wf_module_descriptor),
	sizeof(struct definition),
	2,
	(const wf_definition *)definitions,
};
