/* SPDX-License-Identifier: MIT */
/* What wf check and the loader read of a file before anything of it is run. */
#include "base/error.h"
#include "engine/elf.h"
#include "fuzz.h"

static int symbol(void *arg, const struct elf_symbol *s)
{
	const struct elf *elf = arg;

	must(s->name && s->name[0]);
	must((const unsigned char *)s->name >= elf->data &&
	     (const unsigned char *)s->name + strlen(s->name) < elf->data + elf->size);
	if (s->defined)
		elf_at(elf, s->address, s->size);
	return 0;
}

static int library(void *arg, const char *name)
{
	const struct elf *elf = arg;

	must((const unsigned char *)name + strlen(name) < elf->data + elf->size);
	return 0;
}

void fuzz_elf(const uint8_t *data, size_t n)
{
	struct err err = ERR_INIT, ignored = ERR_INIT;
	uint8_t *copy = malloc(n ? n : 1); /* exactly as large, so that a byte too far is seen */
	struct elf elf;

	if (!copy)
		abort();
	memcpy(copy, data, n);
	if (elf_parse(&elf, copy, n, &err) == 0) {
		elf_loadable(&elf, &ignored);
		err_clear(&ignored);
		elf_each_symbol(&elf, symbol, &elf, &ignored);
		err_clear(&ignored);
		elf_each_needed(&elf, library, &elf, &ignored);
		elf_machine_name(elf.machine);
		must(!elf_at(&elf, UINT64_MAX - 3, 8) && !elf_text(&elf, UINT64_MAX - 3, 8, 0));
	} else {
		must(err.code && err.text[0]);
	}
	free(copy);
}
