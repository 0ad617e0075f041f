/* SPDX-License-Identifier: MIT */
#include "branches.h"

#include "../base/buf.h"
#include "../base/error.h"
#include "../base/str.h"
#include "../os/file.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PACKED_MAX ((size_t)256 << 20)

/* Promise 3: a run that git has would begin anew if it were taken for unknown. So what cannot be
 * looked at may be there. */
static bool is_absent(int rc)
{
	return rc == -ENOENT || rc == -ENOTDIR;
}

static bool is_file(struct state *state, const char *id)
{
	char *name = str_format("refs/heads/run/%s", id);
	char *path = name ? state_path(state, ".git", name) : NULL;
	struct os_stat st;
	bool there = !path || !is_absent(state->os->ops->lstat(state->os, path, &st));

	free(name);
	free(path);
	return there;
}

static int found_one(void *arg, const char *name, enum os_kind kind)
{
	(void)arg;
	(void)name;
	(void)kind;
	return 1;
}

static bool any_folded(struct state *state)
{
	char *path = state_path(state, ".git", "refs/heads/closed");
	int rc = path ? state->os->ops->list(state->os, path, found_one, NULL) : -ENOMEM;

	free(path);
	return rc != 0 && !is_absent(rc);
}

/* A line of packed refs is a hash, a space and the name. */
static bool is_packed(struct state *state, const char *id)
{
	struct err ignored = ERR_INIT;
	struct buf text = BUF_INIT;
	char *line = str_format(" refs/heads/run/%s\n", id),
	     *path = state_path(state, ".git", "packed-refs");
	int rc = line && path ? os_read_file(state->os, path, PACKED_MAX, &text, &ignored)
			      : -ERR_NOMEM;
	bool has = rc < 0 && rc != -ERR_NOT_FOUND;

	if (rc == 0 && text.len)
		has = memmem(text.data, text.len, line, strlen(line)) ||
		      memmem(text.data, text.len, " refs/heads/closed/", 19);
	buf_release(&text);
	free(line);
	free(path);
	return has;
}

bool branches_may_have(struct state *state, const char *id)
{
	return is_file(state, id) || is_packed(state, id) || any_folded(state);
}
