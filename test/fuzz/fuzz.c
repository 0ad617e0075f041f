/* SPDX-License-Identifier: MIT */
/* The entry for libFuzzer; $WF_FUZZ_TARGET names what is fuzzed. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct fuzz_target *wanted(void)
{
	const char *name = getenv("WF_FUZZ_TARGET");

	for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
		if (name && strcmp(t->name, name) == 0)
			return t;
	fprintf(stderr, "fuzz: WF_FUZZ_TARGET names no target; they are:");
	for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
		fprintf(stderr, " %s", t->name);
	fputc('\n', stderr);
	exit(2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct fuzz_target *target;

	if (!target)
		target = wanted();
	target->try(data, n);
	return 0;
}
