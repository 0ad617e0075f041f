/* SPDX-License-Identifier: MIT */
#include "symbol.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "module_file.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---- by the module's symbol table */

static bool is_within(const struct module_file *file, uint64_t at, uint64_t n)
{
	return at <= file->size && n <= file->size - at;
}

static const ElfW(Shdr) * section(const struct module_file *file, unsigned i)
{
	const unsigned char *data = file->data;
	uint64_t at = file->elf.shoff + (uint64_t)i * sizeof(ElfW(Shdr));

	if (i >= file->elf.shnum || file->elf.shentsize != sizeof(ElfW(Shdr)) || at % 8 ||
	    !is_within(file, at, sizeof(ElfW(Shdr))))
		return NULL;
	return (const ElfW(Shdr) *)(const void *)(data + at);
}

static const char *in_table(const struct module_file *file, const ElfW(Shdr) * table,
			    uint64_t offset)
{
	const unsigned char *data = file->data;
	const ElfW(Shdr) *names = section(file, table->sh_link);
	uint64_t count = table->sh_size / sizeof(ElfW(Sym));

	if (!names || !is_within(file, table->sh_offset, table->sh_size) || table->sh_offset % 8)
		return NULL;
	for (uint64_t i = 0; i < count; i++) {
		const ElfW(Sym) *s = (const ElfW(Sym) *)(const void *)(data + table->sh_offset) + i;
		if ((s->st_info & 15) == STT_FUNC && offset >= s->st_value &&
		    offset < s->st_value + s->st_size)
			return elf_text(&file->elf, names->sh_offset, names->sh_size, s->st_name);
	}
	return NULL;
}

static const char *function_of(const struct module_file *file, uint64_t offset)
{
	for (unsigned i = 0; i < file->elf.shnum; i++) {
		const ElfW(Shdr) *table = section(file, i);
		const char *name = table && table->sh_type == SHT_SYMTAB
					   ? in_table(file, table, offset)
					   : NULL;
		if (name)
			return name;
	}
	return NULL;
}

static json_t *by_symbols(const char *path, const uint64_t *offsets, size_t n)
{
	struct err ignored = ERR_INIT;
	struct module_file file;
	bool opened = module_file_open(&file, path, &ignored) == 0;
	json_t *all = json_array();
	int rc = all ? 0 : -1;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const char *name = opened ? function_of(&file, offsets[i]) : NULL;
		json_t *one = name ? json_pack("[{s:s}]", "function", name) : json_pack("[{}]");
		rc = json_array_append_new(all, one);
	}
	if (opened)
		module_file_close(&file);
	if (rc == 0)
		return all;
	json_decref(all);
	return NULL;
}

/* ---- by addr2line */

/* "function" and "file:line", each on a line of its own; "??" is what it does not know. */
static json_t *frame_of(const char *function, char *place)
{
	json_t *frame = json_object();
	char *colon = strrchr(place, ':');
	int line = colon ? atoi(colon + 1) : 0;

	if (*function && *function != '?')
		json_object_set_new(frame, "function", json_string(function));
	if (colon && *place != '?' && line > 0) {
		*colon = '\0';
		json_object_set_new(frame, "file", json_string(place));
		json_object_set_new(frame, "line", json_integer(line));
	}
	return frame;
}

/* An address in a line of its own begins the frames of the next one. */
static json_t *parse(char *text)
{
	json_t *all = json_array(), *here = NULL;
	char *save, *line = strtok_r(text, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		char *place;

		if (strncmp(line, "0x", 2) == 0) {
			here = json_array();
			json_array_append_new(all, here);
			continue;
		}
		place = strtok_r(NULL, "\n", &save);
		if (!here || !place)
			break;
		json_array_append_new(here, frame_of(line, place));
	}
	return all;
}

static char *const *words(const char *path, const uint64_t *offsets, size_t n, struct buf *texts)
{
	char **argv = calloc(n + 7, sizeof *argv);
	static const char *const fixed[] = {"addr2line", "-a", "-f", "-i", "-e"};
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		buf_addf(texts, "0x%llx", (unsigned long long)offsets[i]);
		buf_addc(texts, '\0');
	}
	if (!argv || !buf_ok(texts)) {
		free(argv);
		return NULL;
	}
	for (; at < 5; at++)
		argv[at] = (char *)(uintptr_t)fixed[at];
	argv[at++] = (char *)(uintptr_t)path;
	for (const char *text = texts->data; n; n--, text += strlen(text) + 1)
		argv[at++] = (char *)(uintptr_t)text;
	return argv;
}

static void read_all(int fd, struct buf *out)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof part)) > 0)
		buf_add(out, part, (size_t)n);
}

/* What it says; false: it cannot be run. */
static bool run(char *const *argv, struct buf *out)
{
	posix_spawn_file_actions_t actions;
	int ends[2], status = -1;
	pid_t pid;
	int rc;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	if (rc == 0) {
		read_all(ends[0], out);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	return rc == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && buf_ok(out);
}

static json_t *by_addr2line(const char *path, const uint64_t *offsets, size_t n)
{
	struct buf texts = BUF_INIT, out = BUF_INIT;
	char *const *argv = words(path, offsets, n, &texts);
	json_t *all = argv && run(argv, &out) && out.len ? parse(out.data) : NULL;

	free((void *)(uintptr_t)argv);
	buf_release(&texts);
	buf_release(&out);
	if (json_array_size(all) == n)
		return all;
	json_decref(all);
	return NULL;
}

json_t *symbols_of(const char *path, const uint64_t *offsets, size_t n)
{
	json_t *all = n ? by_addr2line(path, offsets, n) : json_array();

	return all ? all : by_symbols(path, offsets, n);
}
