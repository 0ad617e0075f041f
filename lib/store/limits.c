/* SPDX-License-Identifier: MIT */
#include "limits.h"

#include "../base/error.h"
#include "../base/hash.h"
#include "../base/str.h"
#include "../os/file.h"
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MOST 150
#define TEXT_LEN 48
#define SECOND_US 1000000.0

char *limits_folder(struct state *state, const char *kind, const char *name, struct err *err)
{
	char digest[HASH_HEX], *key, *all, *folder = NULL;
	int rc;

	/* a name that makes no file name is known by its digest */
	if (str_id_problem(name) || strlen(name) > NAME_MOST) {
		hash_sha256(name, strlen(name), digest);
		name = digest;
	}
	key = str_format("%s-%s", kind, name);
	all = state_path(state, "limits", NULL);
	folder = key && all ? state_path(state, "limits", key) : NULL;
	rc = folder ? os_make_dir(state->os, all, 0700, NULL, err) : err_nomem(err);
	if (rc == 0)
		rc = os_make_dir(state->os, folder, 0700, NULL, err);
	free(key);
	free(all);
	if (rc == 0)
		return folder;
	free(folder);
	return NULL;
}

/* Look before opening for writing: a close of that would wake everybody who waits. */
static bool is_taken(struct os *os, const char *path)
{
	int fd = os->ops->open(os, path, O_RDONLY | O_NONBLOCK, 0);
	bool taken = fd >= 0 && os->ops->lock_query(os, fd) == OS_LOCK_HELD;

	if (fd >= 0)
		os->ops->close(os, fd);
	return taken;
}

/* 1: *ret_fd has the slot; 0: another has it. */
static int take_slot(struct os *os, const char *path, int *ret_fd, struct err *err)
{
	int fd, rc;

	if (is_taken(os, path))
		return 0;
	fd = os->ops->open(os, path, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		return err_sys(err, -fd, "cannot open '%s'", path);
	rc = os->ops->lock(os, fd, false);
	if (rc == 0) {
		*ret_fd = fd;
		return 1;
	}
	os->ops->close(os, fd);
	return rc == -EAGAIN ? 0 : err_sys(err, -rc, "cannot lock '%s'", path);
}

int limits_take(struct state *state, const char *folder, unsigned limit, int *ret_fd,
		struct err *err)
{
	int rc = 0;

	*ret_fd = -1;
	for (unsigned i = 0; rc == 0 && i < limit; i++) {
		char *path = str_format("%s/%u", folder, i);

		rc = path ? take_slot(state->os, path, ret_fd, err) : err_nomem(err);
		free(path);
	}
	return rc < 0 ? rc : 0;
}

/* When the next may be, by the file. */
static int64_t read_next(struct os *os, int fd, int64_t now)
{
	char text[TEXT_LEN + 1];
	ssize_t n = os->ops->pread(os, fd, text, TEXT_LEN, 0);
	int64_t next, at;

	if (n <= 0)
		return now;
	text[n] = '\0';
	if (sscanf(text, "%" SCNd64 " %" SCNd64, &next, &at) != 2 || at > now || next < now)
		return now;
	return next;
}

static int write_next(struct os *os, int fd, int64_t next, int64_t now)
{
	char text[TEXT_LEN + 1];
	int n = snprintf(text, sizeof text, "%" PRId64 " %" PRId64, next, now);
	ssize_t put;

	memset(text + n, ' ', sizeof text - (size_t)n);
	text[TEXT_LEN - 1] = '\n';
	put = os->ops->pwrite(os, fd, text, TEXT_LEN, 0);
	return put < 0 ? (int)put : 0;
}

int limits_reserve(struct state *state, const char *folder, double rate, int64_t *ret_wait,
		   struct err *err)
{
	struct os *os = state->os;
	char *path = str_format("%s/rate", folder);
	int fd = path ? os->ops->open(os, path, O_RDWR | O_CREAT, 0600) : -ENOMEM, rc;

	rc = fd < 0 ? fd : os->ops->lock(os, fd, true);
	if (rc == 0) {
		int64_t now = os->ops->monotonic(os), next = read_next(os, fd, now);

		rc = write_next(os, fd, next + (int64_t)(SECOND_US / rate), now);
		*ret_wait = next - now;
	}
	if (fd >= 0)
		os->ops->close(os, fd);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot use '%s/rate'", folder);
	free(path);
	return rc;
}
