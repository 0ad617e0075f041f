/* SPDX-License-Identifier: MIT */
/* Modules that must be refused, one for each -DBAD_...: for test_module and module.bats. */
#include <wf.h>

static json_t *work(wf_attempt *a, const json_t *in)
{
	(void)a;
	return json_deep_copy(in);
}

static json_t *main_workflow(wf_ctx *wf, const json_t *in)
{
	(void)wf;
	return json_deep_copy(in);
}

#define WORKFLOW(name, fn) \
	{ \
		sizeof(wf_definition), WF_KIND_WORKFLOW, 0, name, fn, NULL, __FILE__, \
		{ \
			.size = sizeof(wf_step_options) \
		} \
	}
#define STEP(name, fn, ...) \
	{ \
		sizeof(wf_definition), WF_KIND_STEP, 0, name, NULL, fn, __FILE__, \
		{ \
			.size = sizeof(wf_step_options), __VA_ARGS__ \
		} \
	}
#define DESCRIPTOR(...) \
	__attribute__((visibility("default"))) const wf_module_descriptor wf_module = {__VA_ARGS__}
#define SIZES sizeof(wf_module_descriptor), sizeof(wf_definition)

#if defined BAD_UNDEFINED
extern int nowhere_to_be_found(void);
#endif

#if defined BAD_LONG_NAME
#define N32 "abcdefghijklmnopqrstuvwxyzabcdef"
#endif

static const wf_definition definitions[] = {
#if defined BAD_NO_NAME
	WORKFLOW("good", main_workflow),
	STEP(NULL, work),
#elif defined BAD_EMPTY_NAME
	WORKFLOW("good", main_workflow),
	STEP("", work),
#elif defined BAD_NAME
	WORKFLOW("../good", main_workflow),
#elif defined BAD_CONTROL_NAME
	WORKFLOW("go\nod", main_workflow),
#elif defined BAD_UTF8_NAME
	WORKFLOW("go\377od", main_workflow),
#elif defined BAD_LONG_NAME
	WORKFLOW(N32 N32 N32 N32 "x", main_workflow),
#elif defined BAD_TWICE
	WORKFLOW("good", main_workflow),
	STEP("work", work),
	STEP("work", work),
#elif defined BAD_WORKFLOW_TWICE
	WORKFLOW("good", main_workflow),
	WORKFLOW("good", main_workflow),
#elif defined BAD_NO_FUNCTION
	WORKFLOW("good", main_workflow),
	STEP("work", NULL),
#elif defined BAD_NO_WORKFLOW_FUNCTION
	WORKFLOW("good", NULL),
#elif defined BAD_KIND
	{sizeof(wf_definition),
	 7,
	 0,
	 "good",
	 main_workflow,
	 work,
	 __FILE__,
	 {.size = sizeof(wf_step_options)}},
#elif defined BAD_TIMEOUT
	WORKFLOW("good", main_workflow),
	STEP("work", work, .timeout = -1),
#elif defined BAD_RETRY
	WORKFLOW("good", main_workflow),
	STEP("work", work, .retry = {.attempts = -1}),
#elif defined BAD_ENTRY_SIZE
	{8,
	 WF_KIND_WORKFLOW,
	 0,
	 "good",
	 main_workflow,
	 NULL,
	 __FILE__,
	 {.size = sizeof(wf_step_options)}},
#elif defined BAD_OPTIONS_SIZE
	{sizeof(wf_definition),
	 WF_KIND_WORKFLOW,
	 0,
	 "good",
	 main_workflow,
	 NULL,
	 __FILE__,
	 {.size = 1000000}},
#else
	WORKFLOW("good", main_workflow),
	STEP("work", work, .timeout = WF_SECONDS(3)),
#endif
};

#if defined BAD_UNDEFINED
static json_t *use(void) __attribute__((used));
static json_t *use(void)
{
	return json_integer(nowhere_to_be_found());
}
#endif

#if defined BAD_SYMBOL
__attribute__((visibility("default"))) const wf_definition *const something_else = definitions;
#elif defined BAD_MAGIC
DESCRIPTOR(0x12345678, WF_ABI_MAJOR, WF_ABI_MINOR, SIZES, 2, definitions);
#elif defined BAD_MAJOR
/* what is unresolved must not hide that it is too new */
extern json_t *wf_of_the_future(void);
json_t *use(void);
json_t *use(void)
{
	return wf_of_the_future();
}
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR + 1, 4, SIZES, 2, definitions);
#elif defined BAD_MINOR
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, 99, SIZES, 2, definitions);
#elif defined BAD_SMALL
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, 16, sizeof(wf_definition), 2, definitions);
#elif defined BAD_DEFINITION_SIZE
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, sizeof(wf_module_descriptor), 8, 2,
	   definitions);
#elif defined BAD_NONE
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, SIZES, 0, definitions);
#elif defined BAD_COUNT
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, SIZES, 1000000000, definitions);
#elif defined BAD_OUTSIDE
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, SIZES, 4000, definitions);
#elif defined BAD_POINTER
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, SIZES, 2, (const wf_definition *)16);
#elif defined BAD_SHORT_SYMBOL
extern const int tiny __asm__("wf_module");
__attribute__((visibility("default"))) const int tiny = 7;
#else
DESCRIPTOR(WF_MODULE_MAGIC, WF_ABI_MAJOR, WF_ABI_MINOR, SIZES,
	   sizeof definitions / sizeof definitions[0], definitions);
#endif
