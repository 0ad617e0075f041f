/* SPDX-License-Identifier: MIT */
#include "elf.h"
#include "elf_internal.h"

#include "../base/error.h"

#include <string.h>

/* Bounds the time that a table of names without ends can take. */
#define LONGEST_NAME 16384

/* Where the dynamic section is in the file, and how many entries it has. */
static bool dynamic_table(const struct elf *elf, uint64_t *ret_at, uint64_t *ret_n)
{
	for (unsigned i = 0; i < elf->phnum; i++) {
		uint64_t at = elf_segment(elf, i);
		uint64_t offset = ELF_FIELD(elf, Phdr, at, p_offset);
		uint64_t size = ELF_FIELD(elf, Phdr, at, p_filesz);

		if (ELF_FIELD(elf, Phdr, at, p_type) != PT_DYNAMIC ||
		    !elf_inside(elf, offset, size))
			continue;
		*ret_at = offset;
		*ret_n = size / ELF_SIZE(elf, Dyn);
		return true;
	}
	return false;
}

bool elf_dynamic_next(const struct elf *elf, uint64_t tag, uint64_t *i, uint64_t *ret)
{
	uint64_t table, n;

	if (!dynamic_table(elf, &table, &n))
		return false;
	for (; *i < n; (*i)++) {
		uint64_t at = table + *i * ELF_SIZE(elf, Dyn);
		uint64_t found = ELF_FIELD(elf, Dyn, at, d_tag);

		if (found == DT_NULL)
			return false;
		if (found != tag)
			continue;
		*ret = ELF_FIELD(elf, Dyn, at, d_un);
		(*i)++;
		return true;
	}
	return false;
}

static bool dynamic_value(const struct elf *elf, uint64_t tag, uint64_t *ret)
{
	uint64_t i = 0;

	return elf_dynamic_next(elf, tag, &i, ret);
}

const void *elf_at(const struct elf *elf, uint64_t address, size_t n)
{
	for (unsigned i = 0; i < elf->phnum; i++) {
		uint64_t at = elf_segment(elf, i);
		uint64_t start = ELF_FIELD(elf, Phdr, at, p_vaddr);
		uint64_t size = ELF_FIELD(elf, Phdr, at, p_filesz);
		uint64_t offset = ELF_FIELD(elf, Phdr, at, p_offset);

		if (ELF_FIELD(elf, Phdr, at, p_type) != PT_LOAD || address < start ||
		    address - start > size || n > size - (address - start))
			continue;
		if (elf_inside(elf, offset, size))
			return elf->data + offset + (address - start);
	}
	return NULL;
}

const char *elf_text(const struct elf *elf, uint64_t offset, uint64_t size, uint64_t at)
{
	if (!elf_inside(elf, offset, size) || at >= size)
		return NULL;
	size -= at;
	if (!memchr(elf->data + offset + at, 0, size < LONGEST_NAME ? size : LONGEST_NAME))
		return NULL;
	return (const char *)elf->data + offset + at;
}

struct table {
	uint64_t symbols, n, entry;
	uint64_t names, names_size;
};

/* Where the dynamic symbols and their names are, by the section table. */
static int find_symbols(const struct elf *elf, struct table *ret, struct err *err)
{
	if (!elf->shoff || elf->shentsize < ELF_SIZE(elf, Shdr))
		return err_set(err, ERR_MODULE, "it has no section table");
	for (unsigned i = 0; i < elf->shnum; i++) {
		uint64_t at = elf->shoff + (uint64_t)i * elf->shentsize;
		uint64_t link = ELF_FIELD(elf, Shdr, at, sh_link);
		uint64_t names = elf->shoff + link * elf->shentsize;
		uint64_t size = ELF_FIELD(elf, Shdr, at, sh_size);

		if (ELF_FIELD(elf, Shdr, at, sh_type) != SHT_DYNSYM)
			continue;
		ret->symbols = ELF_FIELD(elf, Shdr, at, sh_offset);
		ret->entry = ELF_SIZE(elf, Sym);
		ret->n = size / ret->entry;
		ret->names = ELF_FIELD(elf, Shdr, names, sh_offset);
		ret->names_size = ELF_FIELD(elf, Shdr, names, sh_size);
		if (link >= elf->shnum || !elf_inside(elf, ret->symbols, size) ||
		    !elf_inside(elf, ret->names, ret->names_size))
			return err_set(err, ERR_MODULE, "its symbol table is damaged");
		return 0;
	}
	return err_set(err, ERR_MODULE, "it has no dynamic symbols");
}

int elf_each_symbol(const struct elf *elf, int (*each)(void *arg, const struct elf_symbol *symbol),
		    void *arg, struct err *err)
{
	struct table t = {0};
	int rc = find_symbols(elf, &t, err);

	for (uint64_t i = 1; !rc && i < t.n; i++) {
		uint64_t at = t.symbols + i * t.entry;
		struct elf_symbol symbol = {
			.name = elf_text(elf, t.names, t.names_size,
					 ELF_FIELD(elf, Sym, at, st_name)),
			.defined = ELF_FIELD(elf, Sym, at, st_shndx) != SHN_UNDEF,
			.address = ELF_FIELD(elf, Sym, at, st_value),
			.size = ELF_FIELD(elf, Sym, at, st_size),
		};

		if (!symbol.name)
			return err_set(err, ERR_MODULE, "its symbol table is damaged");
		if (*symbol.name)
			rc = each(arg, &symbol);
	}
	return rc;
}

int elf_each_needed(const struct elf *elf, int (*each)(void *arg, const char *library), void *arg,
		    struct err *err)
{
	uint64_t i = 0, table, size, name;
	int rc;

	if (!dynamic_value(elf, DT_STRTAB, &table) || !dynamic_value(elf, DT_STRSZ, &size))
		return 0;
	while (elf_dynamic_next(elf, DT_NEEDED, &i, &name)) {
		const unsigned char *strings = elf_at(elf, table, size);
		const char *library =
			strings ? elf_text(elf, (uint64_t)(strings - elf->data), size, name) : NULL;

		if (!library)
			return err_set(err, ERR_MODULE, "its list of libraries is damaged");
		if ((rc = each(arg, library)))
			return rc;
	}
	return 0;
}
