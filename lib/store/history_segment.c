/* SPDX-License-Identifier: MIT */
/* Segments as files: names, numbers, and what is said when one is damaged. */
#include "history_internal.h"

#include "../base/error.h"
#include "../base/str.h"
#include "../os/os.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *segment_path(const char *dir, unsigned segment)
{
	return str_format("%s/%06u.jsonl", dir, segment);
}

unsigned segment_parse(const char *name)
{
	char again[32];
	unsigned long number = strtoul(name, NULL, 10);

	if (number == 0 || number > 999999999)
		return 0;
	snprintf(again, sizeof again, "%06lu.jsonl", number);
	return strcmp(again, name) == 0 ? (unsigned)number : 0;
}

struct found {
	unsigned after, next, last;
};

static int find_segment(void *arg, const char *name, enum os_kind kind)
{
	struct found *found = arg;
	unsigned number = segment_parse(name);

	(void)kind;
	if (number > found->after && (!found->next || number < found->next))
		found->next = number;
	if (number > found->last)
		found->last = number;
	return 0;
}

int segment_find(struct os *os, const char *dir, unsigned after, unsigned *ret_next,
		 unsigned *ret_last, struct err *err)
{
	struct found found = {after, 0, 0};
	int rc = os->ops->list(os, dir, find_segment, &found);

	if (rc == -ELOOP || rc == -ENOTDIR)
		return err_set(err, ERR_DAMAGED,
			       "'%s' is not a folder; move it away, then run 'wf fsck --repair'",
			       dir);
	if (rc < 0 && rc != -ENOENT)
		return err_sys(err, -rc, "cannot read folder '%s'", dir);
	*ret_next = found.next;
	*ret_last = found.last;
	return 0;
}

int segment_open(struct os *os, const char *dir, unsigned segment, int flags)
{
	char *path = segment_path(dir, segment);
	struct os_stat st;
	int fd, rc;

	if (!path)
		return -ENOMEM;
	fd = os->ops->open(os, path, flags, 0600);
	free(path);
	if (fd < 0)
		return fd;
	rc = os->ops->fstat(os, fd, &st);
	if (rc == 0 && st.kind != OS_FILE)
		rc = -EINVAL;
	if (rc < 0)
		os->ops->close(os, fd);
	return rc < 0 ? rc : fd;
}

int segment_damaged(struct err *err, const char *dir, unsigned segment, unsigned long line,
		    const char *what)
{
	if (line == 0)
		return err_set(err, ERR_DAMAGED, "'%s/%06u.jsonl' %s; run 'wf fsck --repair'", dir,
			       segment, what);
	return err_set(err, ERR_DAMAGED, "'%s/%06u.jsonl' line %lu: %s; run 'wf fsck --repair'",
		       dir, segment, line, what);
}
