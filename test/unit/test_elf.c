/* SPDX-License-Identifier: MIT */
/* Reading ELF from bytes that cannot be trusted. */
#include "tap.h"

#include "../../lib/base/error.h"
#include "../../lib/engine/elf.h"

#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned char *self;
static size_t self_size;

static int count(void *arg, const struct elf_symbol *symbol)
{
	(void)symbol;
	++*(int *)arg;
	return 0;
}

static int find(void *arg, const struct elf_symbol *symbol)
{
	return !strcmp(symbol->name, arg);
}

static int find_library(void *arg, const char *library)
{
	return !strncmp(library, arg, strlen(arg));
}

static int count_library(void *arg, const char *library)
{
	(void)library;
	++*(int *)arg;
	return 0;
}

/* Everything that reads; whatever the bytes are it must only return. */
static void read_all(const void *data, size_t n)
{
	struct err err = ERR_INIT;
	struct elf elf;
	int seen = 0;

	if (elf_parse(&elf, data, n, &err) < 0)
		return;
	elf_loadable(&elf, &err);
	err_clear(&err);
	elf_each_symbol(&elf, count, &seen, &err);
	err_clear(&err);
	elf_each_needed(&elf, count_library, &seen, &err);
	elf_at(&elf, elf.phoff, 64);
}

static void says(const void *data, size_t n, const char *words, const char *name)
{
	struct err err = ERR_INIT;
	struct elf elf;
	int rc = elf_parse(&elf, data, n, &err);

	if (!rc)
		rc = elf_loadable(&elf, &err);
	is_int(rc, -ERR_MODULE, "%s is refused", name);
	has_str(err.text, words, "%s is called by its name", name);
}

/* Our own bytes with one changed. */
static void says_changed(size_t at, unsigned char value, const char *words, const char *name)
{
	unsigned char old = self[at];

	self[at] = value;
	says(self, self_size, words, name);
	self[at] = old;
}

static void what_it_is_instead(void)
{
	says("", 0, "it is empty", "an empty file");
	says("#!/bin/sh\necho\n", 15, "it is a text file", "a script");
	says("!<arch>\nrest of it", 18, "static archive", "an archive");
	says("\0\1\2\3\4\5\6\7", 8, "it is not a shared object", "other bytes");
	says("\177ELF", 4, "truncated", "four bytes");
	says("\177ELF\2\1\1", 7, "truncated", "half a header");
	says(self, self_size, "it is an executable", "an executable");
	says_changed(offsetof(ElfW(Ehdr), e_type), ET_REL, "it is an object file",
		     "an object file");
	says_changed(offsetof(ElfW(Ehdr), e_type), ET_EXEC, "it is an executable",
		     "an old executable");
	says_changed(offsetof(ElfW(Ehdr), e_type), ET_CORE, "it is not a shared object",
		     "a core dump");
	says_changed(offsetof(ElfW(Ehdr), e_machine), EM_ARM, "it is for arm, this machine is",
		     "a file for another machine");
	says_changed(EI_CLASS, 9, "damaged", "an unknown class");
	says(self, self_size / 2, "it is truncated", "half a file");
	says(self, self_size - 1, "it is truncated", "a file without its last byte");
}

static void symbols(void)
{
	struct err err = ERR_INIT;
	struct elf elf;
	int n = 0;

	is_int(elf_parse(&elf, self, self_size, &err), 0, "our own file is read");
	is_int(elf_each_symbol(&elf, find, "mmap", &err), 1, "what we import is found");
	is_int(elf_each_symbol(&elf, find, "no_such_function_anywhere", &err), 0,
	       "what we do not is not");
	is_int(elf_each_needed(&elf, find_library, "libc.so", &err), 1,
	       "a library that we need is found");
	is_int(elf_each_needed(&elf, count_library, &n, &err), 0, "all of them are read");
	ok(n >= 1, "there are some");
}

/* Seeded damage in the tables: nothing may be read outside (run it under a sanitizer). */
static void damage(void)
{
	unsigned char *copy = malloc(self_size);
	uint64_t chance = 88172645463325252u;
	ElfW(Ehdr) header;

	if (!ok(copy != NULL, "room for a copy"))
		return;
	memcpy(&header, self, sizeof header);
	for (int round = 0; round < 20000; round++) {
		memcpy(copy, self, sizeof header + 16384);
		memcpy(copy + header.e_shoff, self + header.e_shoff, self_size - header.e_shoff);
		for (int k = 0; k < 8; k++) {
			size_t at;

			chance ^= chance << 13, chance ^= chance >> 7, chance ^= chance << 17;
			at = chance % 2 ? (chance >> 8) % (sizeof header + 16384)
					: header.e_shoff +
						  (chance >> 8) % (self_size - header.e_shoff);
			copy[at] = (unsigned char)(chance >> 1) % 3 ? (unsigned char)(chance >> 40)
								    : 255;
		}
		memcpy(copy, ELFMAG, SELFMAG);
		read_all(copy, self_size);
	}
	pass("damaged tables are survived");
	for (size_t n = 0; n < self_size; n += n < 4096 ? 1 : 997) {
		unsigned char *exact = malloc(n ? n : 1);

		memcpy(exact, self, n);
		read_all(exact, n);
		free(exact);
	}
	pass("any length is survived");
	free(copy);
}

int main(void)
{
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		bail_out("cannot open ourselves");
	self_size = (size_t)st.st_size;
	self = mmap(NULL, self_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (self == MAP_FAILED)
		bail_out("cannot map ourselves");
	close(fd);
	what_it_is_instead();
	symbols();
	damage();
	munmap(self, self_size);
	return done_testing();
}
