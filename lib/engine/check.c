/* SPDX-License-Identifier: MIT */
#include "check.h"

#include "../base/error.h"
#include "module.h"
#include "module_file.h"

#include <string.h>

const char *check_level_name(enum check_level level)
{
	static const char *const names[] = {
		[CHECK_CAUGHT] = "caught",
		[CHECK_STEP_ONLY] = "step-only",
		[CHECK_PROBLEM] = "problem",
	};

	return names[level];
}

struct check {
	check_finding_fn *each;
	void *arg;
	bool has_steps;
};

static void tell(const struct check *check, const struct check_finding *known, const char *symbol)
{
	struct check_finding finding = *known;

	finding.symbol = symbol;
	if (finding.level == CHECK_STEP_ONLY && !check->has_steps)
		finding.level = CHECK_PROBLEM;
	check->each(check->arg, &finding);
}

static int look_at_symbol(void *arg, const struct elf_symbol *symbol)
{
	const struct check_finding *known = symbol->defined ? NULL : check_symbol(symbol->name);

	if (known)
		tell(arg, known, symbol->name);
	return 0;
}

/* Libraries that this wf brings itself, or that do nothing by themselves. */
static bool is_known_library(const char *library)
{
	static const char *const known[] = {
		"libc.so.",     "libm.so.",      "libjansson.so.", "ld-linux",       "ld64",
		"libgcc_s.so.", "libstdc++.so.", "libc++",         "libpthread.so.", "libdl.so.",
		"librt.so.",    "libwf.so.",     "libasan.so.",    "libubsan.so.",   "libc.musl",
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (!strncmp(library, known[i], strlen(known[i])))
			return true;
	return false;
}

static int look_at_library(void *arg, const char *library)
{
	static const struct check_finding unknown = {
		.level = CHECK_STEP_ONLY,
		.category = "library",
		.advice = "what it does cannot be seen from here; call it from steps",
	};

	if (!is_known_library(library))
		tell(arg, &unknown, library);
	return 0;
}

int check_module(const char *path, check_finding_fn *each, void *arg, struct err *err)
{
	struct check check = {.each = each, .arg = arg};
	struct module *module;
	struct module_file file;
	int rc = module_load(path, &module, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < module->count; i++)
		check.has_steps |= module->entries[i].kind == WF_KIND_STEP;
	module_free(module);
	rc = module_file_open(&file, path, err);
	if (rc < 0) {
		err_context(err, "cannot read '%s'", path);
		return rc;
	}
	rc = elf_each_symbol(&file.elf, look_at_symbol, &check, err);
	if (!rc)
		rc = elf_each_needed(&file.elf, look_at_library, &check, err);
	module_file_close(&file);
	return rc;
}
