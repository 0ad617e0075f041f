/* SPDX-License-Identifier: MIT */
/*
 * Segments of a history that are damaged or have less than the branch.
 *
 * What the branch has of a segment is the beginning of what the file was. So
 * the mended segment is the branch's lines and behind them those good lines of the file
 * that are newer. They are put together in a folder aside with the segments that are
 * well; only when the whole history is sound there do they take the place of the old ones.
 */
#include "fsck_internal.h"

#include "../base/buf.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEGMENT_MAX ((size_t)1 << 30)

struct aside {
	struct look *look;
	char *name, *folder; /* owned: .tmp-..., and its path */
	json_t *files;       /* owned: segments to be mended */
	int findings;
};

static void on_finding(void *arg, const char *file, unsigned long line, const char *what, bool torn)
{
	struct aside *a = arg;

	(void)file;
	(void)line;
	(void)what;
	a->findings += !torn;
}

/* Segments that are well are linked beside those from the branch. */
static int link_segment(void *arg, const char *name, enum os_kind kind)
{
	struct aside *a = arg;
	struct os *os = a->look->fsck->state->os;
	char *from = str_format("%s/history/%s", a->look->path, name);
	char *to = str_format("%s/history/%s", a->folder, name);

	if (from && to && kind == OS_FILE && name[0] != '.' && !os_exists(os, to))
		os->ops->link(os, from, to);
	free(from);
	free(to);
	return 0;
}

/* Call each for every whole line of a text, with its event. Stops when it returns non-zero. */
static int each_event(const struct buf *text,
		      int (*each)(void *arg, const struct event *event, const char *line, size_t n),
		      void *arg)
{
	const char *at = text->data, *end = at ? at + text->len : NULL, *newline;
	int rc = 0;

	for (; rc == 0 && at < end && (newline = memchr(at, '\n', (size_t)(end - at)));
	     at = newline + 1) {
		struct err ignored = ERR_INIT;
		struct event event;

		if (newline == at || event_decode(&event, at, (size_t)(newline - at), &ignored) < 0)
			continue;
		rc = each(arg, &event, at, (size_t)(newline - at));
		event_release(&event);
	}
	return rc;
}

static int note_seq(void *arg, const struct event *event, const char *line, size_t n)
{
	(void)line;
	(void)n;
	*(uint64_t *)arg = event->seq;
	return 0;
}

struct rest {
	struct buf *to;
	uint64_t seq;
	bool any;
};

static int add_newer(void *arg, const struct event *event, const char *line, size_t n)
{
	struct rest *rest = arg;

	if (event->seq <= rest->seq)
		return 0;
	rest->seq = event->seq;
	rest->any = true;
	buf_add(rest->to, line, n);
	buf_addc(rest->to, '\n');
	return 0;
}

/* Behind the branch's lines, those that the old file has beyond them. */
static int extend(struct aside *a, const char *file, struct err *err)
{
	struct os *os = a->look->fsck->state->os;
	struct err ignored = ERR_INIT;
	struct buf branch = BUF_INIT, old = BUF_INIT;
	struct rest rest = {.to = &branch};
	char *path = look_path(a->look, file), *mended = str_format("%s/%s", a->folder, file);
	int rc = path && mended ? os_read_file(os, mended, SEGMENT_MAX, &branch, err)
				: err_nomem(err);

	if (rc == -ERR_NOT_FOUND) {
		err_clear(err); /* the branch has no such segment: the old one is linked */
		rc = 0;
	} else if (rc == 0 && os_read_file(os, path, SEGMENT_MAX, &old, &ignored) == 0) {
		each_event(&branch, note_seq, &rest.seq);
		each_event(&old, add_newer, &rest);
		if (!buf_ok(&branch))
			rc = err_nomem(err);
		else if (rest.any)
			rc = os_replace(os, mended, branch.data, branch.len, 0600, err);
	}
	buf_release(&branch);
	buf_release(&old);
	free(path);
	free(mended);
	return rc;
}

static int is_sound(struct aside *a, struct err *err)
{
	char *dir = str_format("%s/history", a->folder);
	int rc = dir ? history_verify(a->look->fsck->state->os, dir, on_finding, a, err)
		     : err_nomem(err);

	free(dir);
	return rc < 0 ? rc : a->findings == 0;
}

/* Written anew in its place: a rename out of the folder aside would not be one of .tmp-'s. */
static int put_back(struct aside *a, struct err *err)
{
	struct os *os = a->look->fsck->state->os;
	json_t *file;
	size_t i;
	int rc = 0;

	json_array_foreach (a->files, i, file) {
		char *from = str_format("%s/%s", a->folder, json_string_value(file));
		char *to = look_path(a->look, json_string_value(file));

		if (rc == 0 && (!from || !to))
			rc = err_nomem(err);
		if (rc == 0 && os_exists(os, from))
			rc = os_copy_file(os, from, to, 0600, err);
		free(from);
		free(to);
	}
	return rc;
}

static int gather(struct aside *a, struct err *err)
{
	struct look *l = a->look;

	a->files = json_array();
	a->name = str_format(".tmp-%d-fsck", (int)getpid());
	a->folder = a->name ? look_path(l, a->name) : NULL;
	for (size_t i = 0; a->files && i < l->problems.count; i++) {
		const struct problem *p = &l->problems.list[i];

		if (p->fix == FIX_SEGMENT && p->file &&
		    json_array_append_new(a->files, json_string(p->file)) < 0)
			return err_nomem(err);
	}
	return a->files && a->folder ? 0 : err_nomem(err);
}

static int mend(struct aside *a, struct err *err)
{
	struct look *l = a->look;
	struct os *os = l->fsck->state->os;
	char *history = look_path(l, "history");
	json_t *file;
	size_t i;
	int rc = history ? mend_restore(l->fsck, l->id, a->files, a->name, err) : err_nomem(err);

	if (rc <= 0)
		goto out; /* the branch has none of them */
	rc = 0;
	json_array_foreach (a->files, i, file)
		if (rc == 0)
			rc = extend(a, json_string_value(file), err);
	if (rc == 0) {
		os->ops->list(os, history, link_segment, a);
		rc = is_sound(a, err);
	}
	if (rc > 0)
		rc = os_make_dir(os, history, 0700, NULL, err);
	if (rc == 0 && a->findings == 0)
		rc = put_back(a, err);
out:
	free(history);
	return rc;
}

int mend_segments(struct look *l, struct err *err)
{
	struct aside a = {.look = l};
	struct err ignored = ERR_INIT;
	int rc = gather(&a, err);

	if (rc == 0)
		rc = mend(&a, err);
	if (a.folder)
		os_remove_tree(l->fsck->state->os, a.folder, &ignored);
	json_decref(a.files);
	free(a.name);
	free(a.folder);
	return rc;
}
