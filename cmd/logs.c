/* SPDX-License-Identifier: MIT */
#include "logs.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/str.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void tail_of(struct buf *out, const char *path, size_t bytes, size_t lines)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	char *at;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    (at = buf_reserve(out, bytes))) {
		off_t from = st.st_size > (off_t)bytes ? st.st_size - (off_t)bytes : 0;
		ssize_t n = pread(fd, at, bytes, from);
		size_t len = n > 0 ? (size_t)n : 0, skip = len;

		while (skip && lines && !(at[--skip] == '\n' && skip + 1 < len && !--lines))
			;
		skip += lines ? 0 : 1;
		memmove(at, at + skip, len - skip);
		out->len += len - skip;
		out->data[out->len] = '\0';
	}
	close(fd);
}

/* Take NNNNNN-STEP.ATTEMPT.out apart. False when the name is not of that form. */
static bool parse_name(const char *name, struct log_file *ret, const char **ret_step,
		       size_t *ret_step_len)
{
	char *end;
	unsigned long long cmd = strtoull(name, &end, 10);
	size_t n = strlen(name);

	if (end == name || *end != '-' || n < 4 || name[0] < '0' || name[0] > '9')
		return false;
	if (!str_ends(name, ".out") && !str_ends(name, ".err"))
		return false;
	const char *dot = name + n - 5;
	while (dot > end && *dot != '.')
		dot--;
	if (dot <= end)
		return false;
	*ret = (struct log_file){.cmd = cmd, .attempt = atoi(dot + 1), .err = name[n - 1] == 'r'};
	*ret_step = end + 1;
	*ret_step_len = (size_t)(dot - end - 1);
	return true;
}

static bool wanted(const char *step, const struct log_file *file, const char *name, size_t n)
{
	char *end;

	if (!step || (strlen(step) == n && !memcmp(step, name, n)))
		return true;
	unsigned long long cmd = strtoull(step, &end, 10);
	return *step >= '0' && *step <= '9' && !*end && cmd == file->cmd;
}

static int add(struct log_files *files, const struct log_file *file, char *path, char *step,
	       struct err *err)
{
	struct log_file *v = path && step ? realloc(files->v, (files->n + 1) * sizeof *v) : NULL;

	if (!v) {
		free(path);
		free(step);
		return err_nomem(err);
	}
	files->v = v;
	v[files->n] = *file;
	v[files->n].path = path;
	v[files->n++].step = step;
	return 0;
}

static int add_folder(struct log_files *files, const char *folder, const char *step,
		      struct err *err)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_sys(err, errno, "cannot read '%s'", folder);
	while (r == 0 && (entry = readdir(dir))) {
		struct log_file file;
		const char *name;
		size_t n;

		if (parse_name(entry->d_name, &file, &name, &n) && wanted(step, &file, name, n))
			r = add(files, &file, str_format("%s/%s", folder, entry->d_name),
				strndup(name, n), err);
	}
	closedir(dir);
	return r;
}

static int compare(const void *a, const void *b)
{
	const struct log_file *x = a, *y = b;

	if (x->cmd != y->cmd)
		return x->cmd < y->cmd ? -1 : 1;
	if (x->attempt != y->attempt)
		return x->attempt < y->attempt ? -1 : 1;
	return (int)x->err - (int)y->err;
}

int logs_list(struct log_files *ret, const char *run_path, const char *step, struct err *err)
{
	char *logs = str_format("%s/logs", run_path);
	DIR *dir = logs ? opendir(logs) : NULL;
	struct dirent *entry;
	int r = logs ? 0 : err_nomem(err);

	if (logs && !dir && errno != ENOENT)
		r = err_sys(err, errno, "cannot read '%s'", logs);
	while (r == 0 && dir && (entry = readdir(dir))) {
		char *path = str_format("%s/%s", logs, entry->d_name);

		if (!path)
			r = err_nomem(err);
		else if (!strcmp(entry->d_name, "workflow.log") &&
			 (!step || !strcmp(step, "workflow")))
			r = add(ret, &(struct log_file){0}, strdup(path), strdup("workflow"), err);
		else if (entry->d_name[0] != '.')
			r = add_folder(ret, path, step, err);
		free(path);
	}
	if (dir)
		closedir(dir);
	free(logs);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof *ret->v, compare);
	return r;
}

void logs_release(struct log_files *files)
{
	for (size_t i = 0; i < files->n; i++) {
		free(files->v[i].path);
		free(files->v[i].step);
	}
	free(files->v);
	*files = (struct log_files){NULL, 0};
}

void logs_tail(struct buf *out, const char *run_path, uint64_t cmd, int attempt, size_t bytes,
	       size_t lines)
{
	struct log_files files = {NULL, 0};
	struct err ignored = ERR_INIT;
	size_t before = out->len;
	char step[24];

	snprintf(step, sizeof step, "%llu", (unsigned long long)cmd);
	logs_list(&files, run_path, step, &ignored);
	for (size_t i = files.n; i-- && out->len == before;)
		if (files.v[i].cmd == cmd && files.v[i].attempt == attempt)
			tail_of(out, files.v[i].path, bytes, lines);
	logs_release(&files);
}
