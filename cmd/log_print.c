/* SPDX-License-Identifier: MIT */
#include "log_print.h"

#include "../lib/base/buf.h"
#include "../lib/base/error.h"
#include "../lib/base/sorted.h"
#include "../lib/base/str.h"
#include "../lib/model/duration.h"
#include "logs.h"
#include "output.h"
#include "watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How far a file was printed. Known by its place in the run, for its path changes when the run is
 * closed. */
struct seen {
	uint64_t cmd;
	int attempt;
	bool err;
	off_t offset;
	struct buf rest; /* the beginning of a line without its end */
};

struct log_printer {
	struct seen *v;
	size_t n, room, last;
	bool json, any, headed;
};

struct log_printer *log_printer_new(bool json)
{
	struct log_printer *printer = calloc(1, sizeof *printer);

	if (printer)
		printer->json = json;
	return printer;
}

static int order(const void *key, const void *item)
{
	const struct log_file *file = key;
	const struct seen *seen = item;

	if (file->cmd != seen->cmd)
		return file->cmd < seen->cmd ? -1 : 1;
	if (file->attempt != seen->attempt)
		return file->attempt < seen->attempt ? -1 : 1;
	return (int)file->err - (int)seen->err;
}

/* Sorted, and asked for in order: nearly always the end or the one after the last. */
static struct seen *find(struct log_printer *p, const struct log_file *file)
{
	struct seen *v;
	bool found;
	size_t at = sorted_place(p->v, p->n, sizeof *p->v, file, order, &found);

	if (found)
		return &p->v[at];
	v = sorted_room(p->v, p->n, &p->room, sizeof *v, at);
	if (!v)
		return NULL;
	p->v = v;
	p->n++;
	v[at] = (struct seen){file->cmd, file->attempt, file->err, 0, BUF_INIT};
	if (p->headed && p->last >= at)
		p->last++;
	return &v[at];
}

static void print_head(struct log_printer *p, const struct log_file *file, size_t index)
{
	if (p->headed && p->last == index)
		return;
	if (p->headed)
		out_text("\n", 1);
	if (file->cmd)
		out_format("==> %s (step %llu, attempt %d, %s) <==\n", file->step,
			   (unsigned long long)file->cmd, file->attempt,
			   file->err ? "stderr" : "stdout");
	else
		out_format("==> workflow <==\n");
	p->headed = true;
	p->last = index;
}

/* json_stringn refuses what is not UTF-8; such bytes become U+FFFD. */
static json_t *json_of(const char *text, size_t n)
{
	json_t *whole = json_stringn(text, n);
	struct buf clean = BUF_INIT;

	for (size_t i = 0; !whole && i < n; i++) {
		size_t len = 1;

		while (len < 4 && i + len < n && !str_utf8(text + i, len))
			len++;
		if (str_utf8(text + i, len)) {
			buf_add(&clean, text + i, len);
			i += len - 1;
		} else {
			buf_adds(&clean, "\xEF\xBF\xBD");
		}
	}
	if (!whole && buf_ok(&clean))
		whole = json_stringn(clean.data ? clean.data : "", clean.len);
	buf_release(&clean);
	return whole;
}

/* A line of workflow.log begins with its time in milliseconds. Returns what follows. */
static const char *split_time(const struct log_file *file, const char *line, json_int_t *ret_at)
{
	char *rest;

	*ret_at = 0;
	if (file->cmd)
		return line;
	*ret_at = strtoll(line, &rest, 10);
	return *ret_at && *rest == ' ' ? rest + 1 : line;
}

static void print_object(const struct log_file *file, const char *text, size_t n, json_int_t at)
{
	json_t *line = json_pack("{s:s, s:o}", "step", file->step, "text", json_of(text, n));

	if (line && file->cmd) {
		json_object_set_new(line, "cmd", json_integer((json_int_t)file->cmd));
		json_object_set_new(line, "attempt", json_integer(file->attempt));
		json_object_set_new(line, "stream", json_string(file->err ? "stderr" : "stdout"));
	} else if (line && at) {
		json_object_set_new(line, "at", json_integer(at));
	}
	if (line)
		out_json(line);
	json_decref(line);
}

static void print_line(const struct log_printer *p, const struct log_file *file, const char *line,
		       size_t n)
{
	json_int_t at;
	const char *text = split_time(file, line, &at);
	char clock[32];

	n -= (size_t)(text - line);
	if (p->json) {
		print_object(file, text, n, at);
		return;
	}
	if (at)
		out_format("%s  ", time_format(at, clock, sizeof clock));
	out_text(text, n);
	out_text("\n", 1);
}

static void print_lines(const struct log_printer *p, struct seen *seen, const struct log_file *file,
			const char *data, size_t n)
{
	const char *end;
	size_t done = 0;

	buf_add(&seen->rest, data, n);
	if (!buf_ok(&seen->rest))
		return;
	while ((end = memchr(seen->rest.data + done, '\n', seen->rest.len - done))) {
		size_t at = (size_t)(end - seen->rest.data);

		print_line(p, file, seen->rest.data + done, at - done);
		done = at + 1;
	}
	buf_consume(&seen->rest, done);
}

static int print_new(struct log_printer *p, struct seen *seen, const struct log_file *file, int fd,
		     struct err *err)
{
	static char data[65536];
	ssize_t n;

	while (!out_broken() && (n = pread(fd, data, sizeof data, seen->offset)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "cannot read '%s'", file->path);
		seen->offset += n;
		if (!p->json)
			print_head(p, file, (size_t)(seen - p->v));
		if (p->json || !file->cmd)
			print_lines(p, seen, file, data, (size_t)n);
		else
			out_text(data, (size_t)n);
	}
	return 0;
}

int log_print(struct log_printer *printer, const struct log_file *file, bool whole, struct err *err)
{
	struct seen *seen = find(printer, file);
	int fd, r;

	if (!seen)
		return err_nomem(err);
	printer->any = true;
	fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "cannot open '%s'", file->path);
	r = print_new(printer, seen, file, fd, err);
	close(fd);
	if (whole && seen->rest.len) {
		print_line(printer, file, seen->rest.data, seen->rest.len);
		buf_clear(&seen->rest);
	}
	return r;
}

bool log_printer_any(const struct log_printer *printer)
{
	return printer->any;
}

void log_printer_free(struct log_printer *printer)
{
	if (!printer)
		return;
	for (size_t i = 0; i < printer->n; i++)
		buf_release(&printer->v[i].rest);
	free(printer->v);
	free(printer);
}

static void watch_folders(struct watch *watch, const char *logs)
{
	DIR *dir = opendir(logs);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *path = entry->d_name[0] != '.' && entry->d_type != DT_REG
				     ? str_format("%s/%s", logs, entry->d_name)
				     : NULL;

		if (path)
			watch_add(watch, path);
		free(path);
	}
	if (dir)
		closedir(dir);
}

void logs_watch(struct watch *watch, const char *run_path)
{
	char *logs = str_format("%s/logs", run_path);

	watch_add(watch, run_path);
	if (logs) {
		watch_add(watch, logs);
		watch_folders(watch, logs);
	}
	free(logs);
}
