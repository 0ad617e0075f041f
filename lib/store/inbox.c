/* SPDX-License-Identifier: MIT */
#include "inbox.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../model/dump.h"
#include "../model/parse.h"
#include "../os/file.h"
#include "history.h"
#include "run_internal.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)16 << 20)

/*
 * The order of what this process sends, whatever the clock does: the time told last, and a counter.
 */
static _Atomic int64_t last_time;
static _Atomic unsigned sent;

static int64_t time_of_message(struct os *os)
{
	int64_t now = os->ops->now(os), last = atomic_load(&last_time);

	do {
		if (now <= last)
			return last;
	} while (!atomic_compare_exchange_weak(&last_time, &last, now));
	return now;
}

char *inbox_name_of(long long at, unsigned number, unsigned chance)
{
	return str_format("%016lld-0-%06u-%08x.json", at, number % 1000000, chance);
}

int inbox_new_name(struct os *os, char **ret, struct err *err)
{
	uint32_t chance;
	int64_t now = time_of_message(os);
	unsigned count = atomic_fetch_add(&sent, 1);
	int rc = os->ops->random(os, &chance, sizeof chance);

	if (rc < 0)
		return err_sys(err, -rc, "cannot get random bytes");
	/* behind the millionth the time moves on, so that the counter may begin again */
	if (count % 1000000 == 999999)
		atomic_fetch_add(&last_time, 1);
	*ret = str_format("%016" PRId64 "-%d-%06u-%08" PRIx32 ".json", now, (int)getpid(),
			  count % 1000000, chance);
	return *ret ? 0 : err_nomem(err);
}

static int check_message(const json_t *message, struct err *err)
{
	const json_t *kind = json_object_get(message, "kind");

	if (!json_is_string(kind) || !json_string_length(kind))
		return err_set(err, ERR_USAGE, "a message without a kind cannot be sent");
	return 0;
}

static int ended(const struct run *run, struct err *err)
{
	return err_set(err, ERR_CLOSED, "run '%s' has ended", run->id);
}

/* Whoever made the run may have died before its name was durable; what hangs on that name must not
 * be promised. */
static int sync_name(struct run *run, struct err *err)
{
	char *path = state_path(run->state, "open", NULL);
	int rc = path ? run_sync(run->state->os, path, err) : err_nomem(err);

	free(path);
	return rc;
}

/* Lock it, and look whether it is still the run's: while we waited that may have moved to closed/,
 * and another have got its name. 0 or -errno; -ENOENT: it has moved. */
static int lock_sealed(struct os *os, int fd, const char *path)
{
	struct os_stat ours, there;
	int rc = os->ops->lock(os, fd, true);

	if (rc == 0)
		rc = os->ops->fstat(os, fd, &ours);
	if (rc == 0)
		rc = os->ops->lstat(os, path, &there);
	return rc == 0 && ours.inode != there.inode ? -ENOENT : rc;
}

int inbox_seal(struct run *run, int *ret_fd, struct err *err)
{
	struct os *os = run->state->os;
	char *path = run_path(run, "inbox.lock", NULL);
	int fd, rc;

	if (!path)
		return err_nomem(err);
	fd = os->ops->open(os, path, O_RDWR | O_CREAT, 0600);
	rc = fd < 0 ? fd : lock_sealed(os, fd, path);
	if (rc == -ENOENT)
		rc = ended(run, err);
	else if (rc < 0)
		rc = err_sys(err, -rc, "cannot lock '%s'", path);
	free(path);
	if (rc < 0 && fd >= 0)
		os->ops->close(os, fd);
	if (rc == 0)
		*ret_fd = fd;
	return rc;
}

void inbox_unseal(struct run *run, int fd)
{
	struct os *os = run->state->os;
	char *path = run->closed ? run_path(run, "inbox.lock", NULL) : NULL;

	if (path)
		os->ops->unlink(os, path);
	if (fd >= 0)
		os->ops->close(os, fd);
	free(path);
}

/* Promise 1: a driver that recorded the end may have died before it moved the folder. Whoever does
 * that for it looks into the inbox no more. */
static int check_end(const struct run *run, struct err *err)
{
	char *path = run_path(run, "history", NULL);
	enum event_type last = EVENT_NONE;
	int rc = path ? history_last(run->state->os, path, &last, err) : err_nomem(err);

	free(path);
	return rc == 0 && event_ends_run(last) ? ended(run, err) : rc;
}

/* Write, sync, rename, sync the folder; or nothing. */
static int deliver(struct run *run, const char *name, const char *text, struct err *err)
{
	struct os *os = run->state->os;
	struct err why = ERR_INIT;
	struct os_stat there;
	char *path = run_path(run, "inbox", name);
	int fd = -1, rc = path ? inbox_seal(run, &fd, err) : err_nomem(err);

	if (rc < 0) {
		free(path);
		return rc;
	}
	rc = check_end(run, &why);
	if (rc == 0)
		rc = run_make_folder(run, "inbox", &why);
	if (rc == 0)
		rc = os_replace(os, path, text, strlen(text), 0600, &why);
	if (rc < 0 && os->ops->lstat(os, run->path, &there) == -ENOENT)
		rc = ended(run, err); /* moved to closed/ meanwhile */
	else if (rc < 0)
		rc = err_set(err, why.code, "%s", why.text);
	inbox_unseal(run, fd);
	free(path);
	return rc;
}

int inbox_put_as(struct run *run, json_t *message, const char *name, struct err *err)
{
	char *text;
	int rc = run->closed ? ended(run, err) : check_message(message, err);

	if (rc < 0)
		return rc;
	text = dump_json(message, JSON_COMPACT);
	rc = text ? 0 : err_nomem(err);
	if (rc == 0 && strlen(text) > MESSAGE_MAX)
		rc = err_set(err, ERR_USAGE, "a message to run '%s' is larger than %zu bytes",
			     run->id, MESSAGE_MAX);
	if (rc == 0)
		rc = sync_name(run, err);
	if (rc == 0)
		rc = deliver(run, name, text, err);
	free(text);
	return rc;
}

int inbox_put(struct run *run, json_t *message, char **ret_name, struct err *err)
{
	char *name = NULL;
	int rc = run->closed ? ended(run, err) : inbox_new_name(run->state->os, &name, err);

	if (rc == 0)
		rc = inbox_put_as(run, message, name, err);
	if (rc == 0 && ret_name)
		*ret_name = name;
	else
		free(name);
	return rc;
}

struct names {
	char **list;
	size_t count, size;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool passed_over(const char *name)
{
	return name[0] == '.' || strcmp(name, "rejected") == 0;
}

static int gather(void *arg, const char *name, enum os_kind kind)
{
	struct names *names = arg;

	if (passed_over(name))
		return 0;
	if (names->count == names->size) {
		size_t size = names->size ? 2 * names->size : 16;
		char **list = reallocarray(names->list, size, sizeof *list);

		if (!list)
			return -ENOMEM;
		names->list = list;
		names->size = size;
	}
	(void)kind;
	names->list[names->count] = strdup(name);
	return names->list[names->count] ? (int)(names->count++, 0) : -ENOMEM;
}

void inbox_names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

int inbox_names(struct run *run, char ***ret, size_t *ret_n, struct err *err)
{
	struct names names = {NULL, 0, 0};
	char *path = run_path(run, "inbox", NULL);
	int rc = path ? run->state->os->ops->list(run->state->os, path, gather, &names) : -ENOMEM;

	if (rc == -ENOENT)
		rc = 0;
	else if (rc < 0)
		rc = err_sys(err, -rc, "cannot read folder '%s/inbox'", run->path);
	free(path);
	if (rc < 0) {
		inbox_names_free(names.list, names.count);
		return rc;
	}
	if (names.count)
		qsort(names.list, names.count, sizeof *names.list, compare);
	*ret = names.list;
	*ret_n = names.count;
	return 0;
}

static int reject(struct run *run, const char *name, const char *path, struct err *err)
{
	char *to = str_format("%s/inbox/rejected/%s", run->path, name);
	int rc = to ? run_make_folder(run, "inbox/rejected", err) : err_nomem(err);

	if (rc == 0)
		rc = run->state->os->ops->rename(run->state->os, path, to);
	if (rc < 0 && !err->code && rc != -ENOENT)
		rc = err_sys(err, -rc, "cannot rename '%s' to '%s'", path, to);
	free(to);
	return err->code ? rc : 0;
}

/* ERR_DAMAGED: it is no regular file. */
static int look_at(struct os *os, const char *path, struct err *err)
{
	struct os_stat st;
	int rc = os->ops->lstat(os, path, &st);

	if (rc == -ENOENT)
		return err_set(err, ERR_NOT_FOUND, "no '%s'", path);
	if (rc < 0)
		return err_sys(err, -rc, "cannot stat '%s'", path);
	return st.kind == OS_FILE ? 0 : -ERR_DAMAGED;
}

/* 1: *ret is new; 0: gone, or no message and rejected (*ret_rejected). */
static int read_message(struct run *run, const char *name, json_t **ret, bool *ret_rejected,
			struct err *err)
{
	struct err why = ERR_INIT;
	struct buf text = BUF_INIT;
	char *path = run_path(run, "inbox", name);
	json_t *message = NULL;
	int rc;

	if (!path)
		return err_nomem(err);
	rc = look_at(run->state->os, path, &why);
	if (rc == 0)
		rc = os_read_file(run->state->os, path, MESSAGE_MAX + 1, &text, &why);
	if (rc == 0) {
		rc = parse_json(&message, text.data ? text.data : "", text.len, &why);
		if (rc != -ERR_NOMEM)
			rc = rc == 0 && check_message(message, &why) == 0 ? 1 : -ERR_DAMAGED;
	}
	buf_release(&text);
	*ret_rejected = rc == -ERR_DAMAGED;
	if (*ret_rejected)
		rc = reject(run, name, path, err);
	else if (rc == -ERR_NOT_FOUND)
		rc = 0;
	else if (rc < 0)
		rc = err_set(err, why.code, "%s", why.text);
	free(path);
	if (rc > 0)
		*ret = message;
	else
		json_decref(message);
	return rc;
}

int inbox_read(struct run *run, const char *name, json_t **ret, struct err *err)
{
	bool rejected;

	return read_message(run, name, ret, &rejected, err);
}

int inbox_each(struct run *run, int (*each)(void *arg, const char *name, json_t *message),
	       void *arg, struct err *err)
{
	char **names = NULL;
	size_t n = 0;
	int rc = inbox_names(run, &names, &n, err);

	for (size_t i = 0; rc == 0 && i < n; i++) {
		json_t *message = NULL;
		bool rejected;

		rc = read_message(run, names[i], &message, &rejected, err);
		if (rc > 0 || (rc == 0 && rejected))
			rc = each(arg, names[i], message);
		json_decref(message);
	}
	inbox_names_free(names, n);
	return rc;
}

int inbox_remove(struct run *run, const char *name, struct err *err)
{
	char *path;
	int rc;

	if (strchr(name, '/') || passed_over(name))
		return err_set(err, ERR_USAGE, "'%.200s' is not the name of a message", name);
	path = run_path(run, "inbox", name);
	rc = path ? run->state->os->ops->unlink(run->state->os, path) : -ENOMEM;
	free(path);
	return rc < 0 && rc != -ENOENT
		       ? err_sys(err, -rc, "cannot remove '%s/inbox/%s'", run->path, name)
		       : 0;
}

static int is_message(void *arg, const char *name, enum os_kind kind)
{
	(void)arg;
	(void)kind;
	return !passed_over(name);
}

int inbox_any(struct run *run)
{
	char *path = run_path(run, "inbox", NULL);
	int rc = path ? run->state->os->ops->list(run->state->os, path, is_message, NULL) : 0;

	free(path);
	return rc > 0;
}
