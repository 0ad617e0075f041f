/* SPDX-License-Identifier: MIT */
/* Every case of corpus/<target>/ through its target, each a test: seeds, and what fuzzing once
 * found. A case that breaks ends the program, so each is tried in a child. */
#include "../unit/tap.h"
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_S = 20 };

static uint8_t *read_case(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data;
	long size;

	if (!f || fseek(f, 0, SEEK_END) < 0 || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET) < 0)
		bail_out("cannot read '%s'", path);
	data = malloc((size_t)size + 1);
	if (!data || fread(data, 1, (size_t)size, f) != (size_t)size)
		bail_out("cannot read '%s'", path);
	fclose(f);
	*ret_n = (size_t)size;
	return data;
}

static void one(const struct fuzz_target *target, const char *folder, const char *name)
{
	char path[4096];
	uint8_t *data;
	size_t n;
	int status;
	pid_t pid;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	data = read_case(path, &n);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail_out("cannot fork");
	if (pid == 0) {
		alarm(LONGEST_S);
		target->try(data, n);
		_exit(0);
	}
	free(data);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			bail_out("cannot wait");
	ok(status == 0, "fuzz case %s/%s", target->name, name);
}

static int order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void all(const struct fuzz_target *target)
{
	const char *src = getenv("WF_SRC");
	char folder[2048], *names[4096];
	size_t n = 0;
	struct dirent *e;
	DIR *dir;

	snprintf(folder, sizeof folder, "%s/test/fuzz/corpus/%s", src ? src : ".", target->name);
	if (!(dir = opendir(folder)))
		bail_out("cannot open '%s': %s", folder, strerror(errno));
	while (n < 4096 && (e = readdir(dir)))
		if (e->d_name[0] != '.' && (names[n] = strdup(e->d_name)))
			n++;
	closedir(dir);
	qsort(names, n, sizeof *names, order);
	ok(n > 0, "target %s has cases", target->name);
	for (size_t i = 0; i < n; i++) {
		one(target, folder, names[i]);
		free(names[i]);
	}
}

int main(void)
{
	for (const struct fuzz_target *t = fuzz_targets; t->name; t++)
		all(t);
	return done_testing();
}
