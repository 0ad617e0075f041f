/* SPDX-License-Identifier: MIT */
/* A scratch folder on the real disk, removed at the end, and files in it. */
#ifndef WF_TEST_SCRATCH_H
#define WF_TEST_SCRATCH_H

#include "base/error.h"
#include "os/file.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch_[PATH_MAX];

static void scratch_remove_(void)
{
	struct err err = ERR_INIT;

	os_remove_tree(os_system(), scratch_, &err);
}

/* The folder; made at the first call. */
static TAP_UNUSED const char *scratch(void)
{
	const char *base = getenv("TMPDIR");

	if (scratch_[0])
		return scratch_;
	snprintf(scratch_, sizeof scratch_, "%s/wf-unit-XXXXXX",
		 base && base[0] == '/' ? base : "/tmp");
	if (!mkdtemp(scratch_))
		bail_out("cannot make a scratch folder: %s", strerror(errno));
	atexit(scratch_remove_);
	return scratch_;
}

/* <scratch>/<formatted>; one of many places that are used in turn. */
static TAP_LIKE(1, 2) const char *in_scratch(const char *format, ...)
{
	static char places[128][PATH_MAX];
	static unsigned turn;
	char *to = places[turn++ % 128];
	size_t n = strlen(scratch());
	va_list ap;

	memcpy(to, scratch_, n);
	to[n] = '/';
	va_start(ap, format);
	vsnprintf(to + n + 1, PATH_MAX - n - 1, format, ap);
	va_end(ap);
	return to;
}

/* The whole file as text; new; *ret_n may be NULL. */
static TAP_UNUSED char *slurp(const char *path, size_t *ret_n)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t n = 0, got;

	if (!f)
		bail_out("cannot open %s: %s", path, strerror(errno));
	do {
		text = realloc(text, n + 65537);
		if (!text)
			bail_out("out of memory");
		got = fread(text + n, 1, 65536, f);
		n += got;
	} while (got);
	text[n] = '\0';
	fclose(f);
	if (ret_n)
		*ret_n = n;
	return text;
}

static TAP_UNUSED void spew(const char *path, const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		bail_out("cannot write %s: %s", path, strerror(errno));
}

#endif
