/* SPDX-License-Identifier: MIT */
#include "elf.h"
#include "elf_internal.h"

#include "../base/error.h"

#include <link.h>
#include <string.h>

/* Of this program: what kind of machine a module must be for. Provided by the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

bool elf_inside(const struct elf *elf, uint64_t offset, uint64_t n)
{
	return offset <= elf->size && n <= elf->size - offset;
}

uint64_t elf_number(const struct elf *elf, uint64_t offset, size_t width)
{
	uint64_t value = 0;

	if (!elf_inside(elf, offset, width))
		return 0;
	for (size_t i = 0; i < width; i++) {
		size_t shift = elf->big ? width - 1 - i : i;

		value |= (uint64_t)elf->data[offset + i] << (8 * shift);
	}
	return value;
}

static bool is_text(const unsigned char *data, size_t n)
{
	if (n > 512)
		n = 512;
	for (size_t i = 0; i < n; i++)
		if (data[i] < 32 && !memchr("\t\n\r\f\v\033", data[i], 6))
			return false;
	return true;
}

static int not_elf(const unsigned char *data, size_t n, struct err *err)
{
	if (!n)
		return err_set(err, ERR_MODULE, "it is empty");
	if (n >= 8 && !memcmp(data, "!<arch>\n", 8))
		return err_set(err, ERR_MODULE, "it is a static archive, not a shared object");
	if (is_text(data, n))
		return err_set(err, ERR_MODULE, "it is a text file, not a shared object");
	return err_set(err, ERR_MODULE, "it is not a shared object");
}

int elf_parse(struct elf *ret, const void *data, size_t n, struct err *err)
{
	struct elf elf = {.data = data, .size = n};

	if (n < SELFMAG || memcmp(data, ELFMAG, SELFMAG))
		return not_elf(data, n, err);
	if (n <= EI_DATA)
		return err_set(err, ERR_MODULE, "it is truncated: its header is not whole");
	elf.wide = elf.data[EI_CLASS] == ELFCLASS64;
	elf.big = elf.data[EI_DATA] == ELFDATA2MSB;
	if (n < ELF_SIZE(&elf, Ehdr))
		return err_set(err, ERR_MODULE, "it is truncated: its header is not whole");
	if ((!elf.wide && elf.data[EI_CLASS] != ELFCLASS32) ||
	    (!elf.big && elf.data[EI_DATA] != ELFDATA2LSB))
		return err_set(err, ERR_MODULE, "its ELF header is damaged");
	elf.type = (uint16_t)ELF_FIELD(&elf, Ehdr, 0, e_type);
	elf.machine = (uint16_t)ELF_FIELD(&elf, Ehdr, 0, e_machine);
	elf.phoff = ELF_FIELD(&elf, Ehdr, 0, e_phoff);
	elf.shoff = ELF_FIELD(&elf, Ehdr, 0, e_shoff);
	elf.phnum = (unsigned)ELF_FIELD(&elf, Ehdr, 0, e_phnum);
	elf.shnum = (unsigned)ELF_FIELD(&elf, Ehdr, 0, e_shnum);
	elf.phentsize = (unsigned)ELF_FIELD(&elf, Ehdr, 0, e_phentsize);
	elf.shentsize = (unsigned)ELF_FIELD(&elf, Ehdr, 0, e_shentsize);
	*ret = elf;
	return 0;
}

const char *elf_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{EM_X86_64, "x86_64"},   {EM_386, "i386"},    {EM_AARCH64, "aarch64"},
		{EM_ARM, "arm"},         {EM_RISCV, "riscv"}, {EM_PPC64, "ppc64"},
		{EM_PPC, "ppc"},         {EM_S390, "s390"},   {EM_MIPS, "mips"},
		{EM_SPARCV9, "sparc64"}, {EM_68K, "m68k"},    {EM_LOONGARCH, "loongarch"},
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].machine == machine)
			return names[i].name;
	return NULL;
}

static const char *machine_words(uint16_t machine)
{
	const char *name = elf_machine_name(machine);

	return name ? name : "another machine";
}

static int same_machine(const struct elf *elf, struct err *err)
{
	const unsigned char *here = __ehdr_start.e_ident;

	if (elf->machine != __ehdr_start.e_machine)
		return err_set(err, ERR_MODULE, "it is for %s, this machine is %s",
			       machine_words(elf->machine), machine_words(__ehdr_start.e_machine));
	if (elf->data[EI_CLASS] != here[EI_CLASS])
		return err_set(err, ERR_MODULE, "it is for %d bits, this program has %d",
			       elf->wide ? 64 : 32, here[EI_CLASS] == ELFCLASS64 ? 64 : 32);
	if (elf->data[EI_DATA] != here[EI_DATA])
		return err_set(err, ERR_MODULE,
			       "it is for %s, this machine is %s of the other byte order",
			       machine_words(elf->machine), machine_words(elf->machine));
	return 0;
}

uint64_t elf_segment(const struct elf *elf, unsigned i)
{
	return elf->phoff + (uint64_t)i * elf->phentsize;
}

/* Whether all that its tables speak of is in the file: mapping less would be a SIGBUS, not an
 * error. */
static int whole(const struct elf *elf, struct err *err)
{
	uint64_t table = (uint64_t)elf->phnum * elf->phentsize;
	uint64_t sections = (uint64_t)elf->shnum * elf->shentsize;

	if (!elf->phnum || elf->phentsize < ELF_SIZE(elf, Phdr))
		return err_set(err, ERR_MODULE, "its ELF header is damaged: no program headers");
	if (!elf_inside(elf, elf->phoff, table) ||
	    (elf->shoff && !elf_inside(elf, elf->shoff, sections)))
		return err_set(err, ERR_MODULE,
			       "it is truncated: its tables go beyond its %zu bytes", elf->size);
	for (unsigned i = 0; i < elf->phnum; i++) {
		uint64_t at = elf_segment(elf, i);
		uint64_t offset = ELF_FIELD(elf, Phdr, at, p_offset);
		uint64_t n = ELF_FIELD(elf, Phdr, at, p_filesz);

		if (ELF_FIELD(elf, Phdr, at, p_type) == PT_LOAD && !elf_inside(elf, offset, n))
			return err_set(err, ERR_MODULE,
				       "it is truncated: a segment goes beyond its %zu bytes",
				       elf->size);
	}
	return 0;
}

int elf_loadable(const struct elf *elf, struct err *err)
{
	uint64_t flags = 0, i = 0;
	int rc;

	if (elf->type == ET_REL)
		return err_set(err, ERR_MODULE, "it is an object file; link it with -shared");
	if (elf->type == ET_EXEC)
		return err_set(err, ERR_MODULE, "it is an executable, not a shared object");
	if (elf->type != ET_DYN)
		return err_set(err, ERR_MODULE, "it is not a shared object");
	if ((rc = same_machine(elf, err)) < 0 || (rc = whole(elf, err)) < 0)
		return rc;
	if (elf_dynamic_next(elf, DT_FLAGS_1, &i, &flags) && flags & DF_1_PIE)
		return err_set(err, ERR_MODULE, "it is an executable, not a shared object");
	return 0;
}
