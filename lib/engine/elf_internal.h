/* SPDX-License-Identifier: MIT */
/* Reading the fields of ELF tables of either class; shared by elf.c and elf_dynamic.c. */
#ifndef WF_ENGINE_ELF_INTERNAL_H
#define WF_ENGINE_ELF_INTERNAL_H

#include "elf.h"

#include <elf.h>

/* Whether n bytes from offset on are in the file. */
bool elf_inside(const struct elf *elf, uint64_t offset, uint64_t n);
/* 0 where the bytes are not there: callers check the extent of a table before they read it. */
uint64_t elf_number(const struct elf *elf, uint64_t offset, size_t width);
/* Where in the file the i-th program header is. */
uint64_t elf_segment(const struct elf *elf, unsigned i);
/* The value of the first dynamic entry with this tag at or after *i; false when there is none. */
bool elf_dynamic_next(const struct elf *elf, uint64_t tag, uint64_t *i, uint64_t *ret);

/* Field of the table entry of a type (Ehdr, Phdr, ...) that begins at base. */
#define ELF_FIELD(elf, type, base, field) \
	((elf)->wide ? elf_number(elf, (base) + offsetof(Elf64_##type, field), \
				  sizeof(((Elf64_##type *)0)->field)) \
		     : elf_number(elf, (base) + offsetof(Elf32_##type, field), \
				  sizeof(((Elf32_##type *)0)->field)))
#define ELF_SIZE(elf, type) ((elf)->wide ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

#endif
