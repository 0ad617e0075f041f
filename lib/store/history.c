/* SPDX-License-Identifier: MIT */
/* A history's life: opening, going back to its start, closing; and what was read of it so far. */
#include "history_internal.h"

#include "../base/error.h"
#include "../os/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The folder is part of the run's: its name must last before any line does. */
static int make_dir(struct os *os, const char *dir, struct err *err)
{
	const char *slash = strrchr(dir, '/');
	char *parent;
	bool made;
	int rc = os_make_dir(os, dir, 0700, &made, err);

	if (rc < 0 || !made)
		return rc;
	parent = slash ? strndup(dir, slash == dir ? 1 : (size_t)(slash - dir)) : strdup(".");
	if (!parent)
		return err_nomem(err);
	rc = os->ops->sync_dir(os, parent);
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot sync '%s'", parent);
	free(parent);
	return rc;
}

int history_open(struct history **ret, struct os *os, const char *dir,
		 const struct history_options *options, struct err *err)
{
	struct history *h;
	int rc = options->writable ? make_dir(os, dir, err) : 0;

	if (rc < 0)
		return rc;
	h = calloc(1, sizeof *h);
	if (!h)
		return err_nomem(err);
	h->os = os;
	h->fd = -1;
	h->writable = options->writable;
	h->last_generation = options->last_generation;
	h->generation = h->next_generation = h->first = 1;
	h->segment_bytes = options->segment_bytes ? options->segment_bytes : SEGMENT_BYTES;
	h->dir = strdup(dir);
	h->run = options->run ? strdup(options->run) : NULL;
	if (!h->dir || (options->run && !h->run)) {
		history_close(h);
		return err_nomem(err);
	}
	*ret = h;
	return 0;
}

void history_close(struct history *h)
{
	if (!h)
		return;
	if (h->fd >= 0) {
		struct err ignored = ERR_INIT;

		/* what stays behind the lines, when this fails, is passed over by every reader */
		if (h->writable && h->ended && !h->broken)
			history_cut(h, &ignored);
		history_let_go(h);
	}
	lines_release(&h->lines);
	buf_release(&h->pending);
	free(h->direct.block);
	free(h->dir);
	free(h->run);
	free(h);
}

int history_rewind(struct history *h, struct err *err)
{
	if (h->pending.len)
		return err_set(err, ERR_USAGE, "history '%s' holds events that were not synced",
			       h->dir);
	if (h->broken)
		return err_set(err, ERR_SYSTEM,
			       "history '%s' failed before and must be opened again", h->dir);
	history_let_go(h);
	h->listed = h->ended = h->again = false;
	h->segment = 0;
	h->offset = h->seq = h->steps = h->capacity = 0;
	h->line = 0;
	h->generation = h->next_generation = h->first = 1;
	memset(h->module, 0, sizeof h->module);
	h->durable = (struct history_position){0, 0, 0};
	return 0;
}

const char *history_module(const struct history *h)
{
	return h->module[0] ? h->module : NULL;
}

uint64_t history_steps(const struct history *h)
{
	return h->steps;
}

struct history_position history_position(const struct history *h)
{
	return h->durable;
}
