/* SPDX-License-Identifier: MIT */
/* A run that is both in open/ and in closed/: the one whose history is the beginning of the other's
 * goes. */
#include "fsck_internal.h"

#include "../base/buf.h"
#include "../base/str.h"
#include "../os/file.h"
#include "../os/os.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_MAX ((size_t)1 << 30)

struct pair {
	struct os *os;
	const char *less, *more; /* folders of the run */
	int findings;
};

static size_t without_filling(const struct buf *text)
{
	size_t n = text->len;

	while (n > 0 && text->data[n - 1] == '\n')
		n--;
	return n;
}

/* Stops (1) at a segment that is not the beginning of its twin. */
static int compare(void *arg, const char *name, enum os_kind kind)
{
	struct pair *pair = arg;
	struct err ignored = ERR_INIT;
	struct buf less = BUF_INIT, more = BUF_INIT;
	char *a = str_format("%s/history/%s", pair->less, name);
	char *b = str_format("%s/history/%s", pair->more, name);
	bool begins = false;

	if (name[0] == '.')
		begins = true;
	else if (a && b && kind == OS_FILE &&
		 os_read_file(pair->os, a, SEGMENT_MAX, &less, &ignored) == 0) {
		size_t n = without_filling(&less);

		begins = n == 0 || (os_read_file(pair->os, b, SEGMENT_MAX, &more, &ignored) == 0 &&
				    more.len >= n && memcmp(less.data, more.data, n) == 0);
	}
	buf_release(&less);
	buf_release(&more);
	free(a);
	free(b);
	return !begins;
}

static void on_finding(void *arg, const char *file, unsigned long line, const char *what, bool torn)
{
	(void)file;
	(void)line;
	(void)what;
	((struct pair *)arg)->findings += !torn;
}

/* 1: less holds nothing that more does not have, and more is sound. */
static int is_copy(struct pair *pair, struct err *err)
{
	char *a = str_format("%s/history", pair->less), *b = str_format("%s/history", pair->more);
	int rc = a && b ? pair->os->ops->list(pair->os, a, compare, pair) : -ENOMEM;

	if (rc == -ENOENT)
		rc = 0;
	if (rc < 0)
		rc = err_sys(err, -rc, "cannot read '%s'", pair->less);
	else if (rc == 0)
		rc = history_verify(pair->os, b, on_finding, pair, err) < 0 ? -err->code
									    : pair->findings == 0;
	else
		rc = 0;
	free(a);
	free(b);
	return rc;
}

int mend_twice(struct look *l, struct err *err)
{
	struct state *state = l->fsck->state;
	char *open = state_path(state, "open", l->id), *closed = state_path(state, "closed", l->id);
	struct pair pairs[] = {{state->os, open, closed, 0}, {state->os, closed, open, 0}};
	int rc = open && closed ? 0 : err_nomem(err);

	for (size_t i = 0; rc == 0 && i < 2; i++) {
		rc = is_copy(&pairs[i], err);
		if (rc > 0) {
			rc = os_remove_tree(state->os, pairs[i].less, err);
			break;
		}
	}
	free(open);
	free(closed);
	return rc;
}
