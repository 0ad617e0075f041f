/* SPDX-License-Identifier: MIT */
/*
 * As much of ELF as is needed to say what a file is before the loader touches
 * it, and which symbols it imports. Works on bytes in memory, of either class
 * and byte order; every offset in them is checked before it is followed, so any
 * bytes at all may be given.
 */
#ifndef WF_ENGINE_ELF_H
#define WF_ENGINE_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

struct elf {
	const unsigned char *data; /* borrowed */
	size_t size;
	bool wide; /* 64 bit */
	bool big;  /* big endian */
	uint16_t type, machine;
	uint64_t phoff, shoff;
	unsigned phnum, phentsize, shnum, shentsize;
};

/* Read the header. ERR_MODULE says what it is instead: empty, text, an archive, truncated. */
int elf_parse(struct elf *ret, const void *data, size_t n, struct err *err);
/* Whether this process could load it: a shared object, whole, for this machine. ERR_MODULE says why
 * not. */
int elf_loadable(const struct elf *elf, struct err *err);
/* "x86_64"; borrowed; NULL for one without a name here. */
const char *elf_machine_name(uint16_t machine);

struct elf_symbol {
	const char *name; /* borrowed from the bytes */
	bool defined;
	uint64_t address; /* where it is defined */
	uint64_t size;
};

/* Call each for every named dynamic symbol, until it returns non-zero; that is returned. ERR_MODULE
 * when damaged. */
int elf_each_symbol(const struct elf *elf, int (*each)(void *arg, const struct elf_symbol *symbol),
		    void *arg, struct err *err);
/* The same for the names of the libraries it needs. */
int elf_each_needed(const struct elf *elf, int (*each)(void *arg, const char *library), void *arg,
		    struct err *err);
/* The n bytes in the file that will be at an address once loaded; NULL where there are none.
 * Borrowed. */
const void *elf_at(const struct elf *elf, uint64_t address, size_t n);
/* The text at an offset of a part of the file; NULL unless it ends within that part. Borrowed. */
const char *elf_text(const struct elf *elf, uint64_t offset, uint64_t size, uint64_t at);

#endif
